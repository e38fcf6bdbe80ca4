import fs from 'node:fs';
import path from 'node:path';
import { StoreError } from '../error.js';
import { failureOf, isMissing } from './failure.js';

/** `f_type` of the network file systems of Linux, by number. */
const NETWORK_TYPES = new Map([
  [0x6969, 'nfs'],
  [0x517b, 'smb'],
  [0xff534d42, 'cifs'],
  [0xfe534d42, 'smb2'],
  [0x01021997, '9p'],
  [0x00c36400, 'ceph'],
  [0x5346414f, 'afs'],
  [0x73757245, 'coda'],
  [0x0bd00bd0, 'lustre'],
  [0x47504653, 'gpfs'],
  [0x786f4256, 'vboxsf'],
]);
const FUSE = 0x65735546;
/** File systems in user space that keep their files on other machines. */
const NETWORK_FUSE = /^fuse\.(sshfs|s3fs|goofys|gcsfuse|rclone|glusterfs|ceph|blobfuse2?|davfs2?|curlftpfs|juicefs)/;

/**
 * Refuses a directory on a network file system: there, neither the order of appends nor what a flush promises holds.
 * A directory that is not there yet is judged by the nearest one above it.
 */
export function refuseNetwork(root: string): void {
  if (process.platform !== 'linux') return;
  const folder = nearestExisting(root);
  const type = networkType(folder);
  if (type === undefined) return;
  throw new StoreError(
    'unsupported',
    `${root} is on a network file system (${type}), which neither keeps appends of two machines in order nor flushes ` +
      'reliably; use a directory on a local disk, or a store that is made for many machines',
  );
}

function networkType(folder: string): string | undefined {
  const number = fs.statfsSync(folder).type >>> 0;
  if (number !== FUSE) return NETWORK_TYPES.get(number);
  return NETWORK_FUSE.exec(mountType(folder))?.[0];
}

/** The type of the mount that holds a folder, as the kernel names it. */
function mountType(folder: string): string {
  const real = fs.realpathSync(folder);
  let best = { point: '', type: '' };
  for (const line of fs.readFileSync('/proc/self/mountinfo', 'utf8').split('\n')) {
    const [mount = '', source = ''] = line.split(' - ');
    const point = mount.split(' ')[4] ?? '';
    const inside = real === point || real.startsWith(point.endsWith('/') ? point : `${point}/`);
    if (inside && point.length >= best.point.length) best = { point, type: source.split(' ')[0] ?? '' };
  }
  return best.type;
}

function nearestExisting(folder: string): string {
  for (let at = path.resolve(folder); ; at = path.dirname(at)) {
    try {
      if (fs.statSync(at).isDirectory()) return at;
      throw new StoreError('unsupported', `${at} is a file; give the path of a directory`);
    } catch (error) {
      if (!isMissing(error) || path.dirname(at) === at) throw failureOf(error, 'look at', at);
    }
  }
}

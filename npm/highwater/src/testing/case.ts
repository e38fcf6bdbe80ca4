import type { Highwater } from '../highwater.js';
import { Fate, type Plan } from './fate.js';
import { Life } from './life.js';
import { lifeStore } from './life-store.js';
import { LIVES, RESTART_MS } from './limits.js';
import { World } from './world.js';

/** How a life went. @internal */
export interface Lived {
  readonly fate: Fate;
  /** How it ended, in words. */
  end: string;
}

/** How a case went. @internal */
export interface Ran {
  readonly lives: readonly Lived[];
  /** A life ended well, or there was nothing left to do. */
  readonly recovered: boolean;
  /** What was left of it. */
  readonly world: World;
}

interface Process {
  readonly fate: Fate;
  readonly highwater: Highwater;
  /** What it comes to: nothing, or an error in words. It never rejects. */
  readonly outcome: Promise<Outcome>;
}

type Outcome = { readonly kind: 'well' } | { readonly kind: 'failed'; readonly why: string };

/** Lets the pipeline live until it has ended well. The first plan is for the first life, and so on. @internal */
export async function runCase(
  work: (life: Life) => Promise<unknown>,
  seed: number,
  plans: readonly Plan[],
): Promise<Ran> {
  const world = new World(seed);
  const lives: Lived[] = [];
  let asleep: { readonly life: Lived; readonly process: Process } | undefined;
  let recovered = false;
  while (!recovered && lives.length < LIVES) {
    const process = await start(world, lives.length + 1, plans[lives.length], work);
    const outcome = await untilStopped(process);
    world.clock.stopHeart(process.highwater);
    const life: Lived = { fate: process.fate, end: 'ended well' };
    lives.push(life);
    if (outcome?.kind === 'well') {
      recovered = true;
    } else if (outcome?.kind === 'failed') {
      recovered = await world.isFinished();
      life.end = `failed: ${outcome.why}`;
      if (recovered) life.end += ' (all its runs have ended, so there is nothing left to do)';
    } else if (process.fate.isPaused) {
      asleep = { life, process };
    } else {
      process.fate.bury();
      life.end = 'died';
    }
    await world.clock.advance(RESTART_MS);
  }
  if (asleep !== undefined) {
    const woken = await wake(world, asleep.process);
    recovered &&= woken !== undefined;
    asleep.life.end = `stood still, and another one began; then it woke up, and ${woken ?? 'never ended'}`;
  }
  return { lives, recovered, world };
}

async function start(
  world: World,
  number: number,
  plan: Plan | undefined,
  work: (life: Life) => Promise<unknown>,
): Promise<Process> {
  const fate = new Fate(plan);
  const highwater = await world.open(`life-${number}`, lifeStore(world.store, fate));
  world.clock.startHeart(highwater);
  return { fate, highwater, outcome: live(work, new Life(number, highwater, fate)) };
}

/** From the start of the process to its orderly end. */
async function live(work: (life: Life) => Promise<unknown>, life: Life): Promise<Outcome> {
  const [result] = await Promise.allSettled([(async () => work(life))()]);
  await life.highwater.close();
  if (result.status === 'fulfilled') return { kind: 'well' };
  const reason: unknown = result.reason;
  return { kind: 'failed', why: reason instanceof Error ? reason.message : String(reason) };
}

/** What the life came to, or nothing if it does not go on. */
function untilStopped({ fate, outcome }: Process): Promise<Outcome | undefined> {
  return Promise.race([outcome, fate.stopped().then(() => undefined)]);
}

/** The process goes on as if nothing had happened, long after others have taken over. Nothing if it never ends. */
async function wake(world: World, process: Process): Promise<string | undefined> {
  world.clock.startHeart(process.highwater);
  process.fate.resume();
  const outcome = await untilStopped(process);
  world.clock.stopHeart(process.highwater);
  if (outcome === undefined) process.fate.bury();
  return outcome?.kind === 'failed' ? `failed: ${outcome.why}` : outcome && 'ended well';
}

//! Reading a damaged segment: everything in it that can still be told to have won.

use std::collections::BTreeMap;

use super::frames::Frames;
use super::{Claim, Damage, what_is_wrong};
use crate::digest::{Digest, frame_digest};
use crate::error::FormatError;
use crate::frame::{FrameHeader, FrameKind};

/// What can still be read of a segment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Salvage {
    /// Records by version, ascending: of each version the one that won, as far as that can be told. There may be gaps.
    pub records: Vec<Claim>,
    /// What was skipped, and records that lost to one that cannot be read.
    pub damage: Vec<Damage>,
}

/// A record that claims its version, and what its claim rests on.
struct Candidate {
    claim: Claim,
    chain: Digest,
    /// Bytes before it were skipped: an earlier claim of the same version may have been among them.
    behind_damage: bool,
}

/// Looks at the bytes of a whole segment, of which no record of the version `limit` or above counts: those stand in the
/// next segment. For verification and repair; who wants to go on with a journal uses [`scan`](super::scan()).
///
/// Of several claims the first one wins. Where bytes before it are damaged, it may have lost to one that was there: then
/// it is taken only if the record of the next version does not prove the contrary with its chain.
///
/// # Errors
///
/// Only one for which [`FormatError::needs_upgrade`] holds: an intact frame that a newer version wrote.
pub fn salvage(bytes: &[u8], limit: u64) -> Result<Salvage, FormatError> {
    let mut frames = Frames::new(bytes, 0);
    let mut salvage = Salvage::default();
    let mut candidates: Vec<Candidate> = Vec::new();
    let mut seals: Vec<(u64, usize)> = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        match frames.at(at)? {
            Ok(header) if header.is_stop() => break,
            Ok(header) => {
                let frame = &bytes[at..at + header.frame_length()];
                match header.kind {
                    FrameKind::Record if header.version > 0 && header.version < limit => {
                        let behind_damage = !salvage.damage.is_empty();
                        let claim = claim(&header, at as u64, frame);
                        candidates.push(Candidate { claim, chain: header.chain, behind_damage });
                    }
                    FrameKind::Seal => seals.push((header.version, candidates.len())),
                    _ => {}
                }
                at += frame.len();
            }
            Err(reason) => {
                let next = frames.search(at + 1)?.unwrap_or(bytes.len());
                let length = (next - at) as u64;
                salvage.damage.push(Damage {
                    offset: at as u64,
                    length,
                    what: what_is_wrong(&reason, length),
                });
                at = next;
            }
        }
    }
    drop_behind_seal(&mut candidates, &seals);
    salvage.choose(candidates);
    Ok(salvage)
}

/// Finds the seal that won, and drops what was claimed behind it. A seal lost if its version, or a later one, has a record
/// that cannot have come too late.
fn drop_behind_seal(candidates: &mut Vec<Candidate>, seals: &[(u64, usize)]) {
    let highest = candidates.iter().map(|candidate| candidate.claim.version).max().unwrap_or(0);
    let won = |&&(version, before): &&(u64, usize)| {
        version >= highest && candidates[..before].iter().all(|candidate| candidate.claim.version < version)
    };
    if let Some((_, before)) = seals.iter().find(won) {
        candidates.truncate(*before);
    }
}

impl Salvage {
    /// Chooses who won each version, from the last one down, since each record names the one before it.
    fn choose(&mut self, candidates: Vec<Candidate>) {
        let mut by_version: BTreeMap<u64, Vec<Candidate>> = BTreeMap::new();
        for candidate in candidates {
            by_version.entry(candidate.claim.version).or_default().push(candidate);
        }
        let mut above: Option<(u64, Digest)> = None;
        for (version, mut claims) in by_version.into_iter().rev() {
            let named = above.filter(|(next, _)| *next == version + 1).map(|(_, chain)| chain);
            let of_chain = named.and_then(|chain| claims.iter().position(|it| it.claim.digest == chain));
            let unproven = named.is_some() && of_chain.is_none() && claims[0].behind_damage;
            let winner = claims.swap_remove(of_chain.unwrap_or(0));
            if unproven {
                let Claim { offset, length, .. } = winner.claim;
                let what = format!("version {version} there lost to a record that cannot be read any more");
                self.damage.push(Damage { offset, length, what });
                above = None;
                continue;
            }
            above = Some((version, winner.chain));
            self.records.push(winner.claim);
        }
        self.records.reverse();
        self.damage.sort_by_key(|damage| damage.offset);
    }
}

fn claim(header: &FrameHeader, offset: u64, frame: &[u8]) -> Claim {
    Claim {
        version: header.version,
        offset,
        length: frame.len() as u64,
        kind: header.kind,
        writer: header.writer,
        sequence: header.sequence,
        digest: frame_digest(frame),
    }
}

//! What an application does all day.

use super::Client;
use super::{backfill, keeper, operator, partitions, pipeline, stream};

/// Works until its submissions are used up.
pub(crate) async fn work(mut client: Client) {
    while client.goes_on() {
        let (upkeep, streams) = (client.world.plan.upkeep, client.world.plan.streams);
        let (backfills, parts) = (client.world.plan.backfills, client.world.plan.partitions);
        match client.luck.below(20) {
            _ if upkeep > 0 && client.luck.chance(upkeep) => keeper::look_after(&mut client).await,
            _ if streams > 0 && client.luck.chance(streams) => stream::coordinate(&mut client).await,
            _ if backfills > 0 && client.luck.chance(backfills) => backfill::work(&mut client).await,
            _ if parts > 0 && client.luck.chance(parts) => partitions::work(&mut client).await,
            0..=9 => pipeline::visit(&mut client).await,
            10..=12 => operator::use_lease(&mut client).await,
            13 => operator::read(&mut client).await,
            14..=15 => operator::read_beside_a_write(&mut client).await,
            16..=17 => operator::interfere(&mut client).await,
            _ => operator::repeat(&mut client).await,
        }
        client.nap(1, 120).await;
    }
}

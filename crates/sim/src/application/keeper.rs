//! Whoever looks after a journal: backups, reverts, forks, and looks into the past.

use highwater_core::answer::Answer;
use highwater_core::command::*;
use highwater_core::input::Freshness;
use highwater_core::moment::Moment;

use super::Client;
use crate::fault::Fault;

/// Looks after a journal once.
pub(crate) async fn look_after(client: &mut Client) {
    let pipeline = client.pipeline();
    let (reason, actor) = ("because".to_owned(), Some(client.worker()));
    let to = moment(client, &pipeline);
    let dry_run = client.luck.chance(200);
    let command = match client.luck.below(16) {
        _ if client.world.plan.faults.contains(&Fault::Rot) && client.luck.chance(300) => {
            Command::Repair(Repair { dry_run, reason, actor })
        }
        0..=2 => {
            let name = client.luck.chance(300).then(|| "named".to_owned());
            let keep = client.luck.chance(500).then(|| 1 + client.luck.below(3) as u32);
            Command::Backup(Backup { name, keep, keep_ms: None })
        }
        3 => Command::ListBackups,
        4 => return delete_a_backup(client, &pipeline).await,
        5..=7 => Command::Revert(Revert { to, dry_run, reason, actor }),
        8 => {
            let source = pipeline.clone();
            let fork = format!("{pipeline}-fork{}", client.luck.below(3));
            let command = Command::Fork(Fork { source, at: to, reason, actor });
            client.ask_plain(&fork, command).await;
            return client.ask_plain(&fork, Command::Validate).await;
        }
        9 => Command::Diff(Diff { from: to, to: moment(client, &pipeline), limit: 0 }),
        10..=11 => Command::Validate,
        12 => Command::VerifyIntegrity,
        _ => return look_back(client, &pipeline, to).await,
    };
    client.ask_plain(&pipeline, command).await;
}

/// Some moment of the past, or one that is not there.
fn moment(client: &mut Client, pipeline: &str) -> Moment {
    let head = client.world.head(pipeline);
    match client.luck.below(8) {
        0..=1 => Moment::Backup("latest".to_owned()),
        2 => {
            let back_ms = i64::try_from(client.luck.below(5_000)).unwrap_or(0);
            Moment::Time(client.now_ms().saturating_sub(back_ms))
        }
        3 => Moment::Version(client.luck.below(head + 2)),
        _ => Moment::Version(head.saturating_sub(client.luck.below(12))),
    }
}

async fn delete_a_backup(client: &mut Client, pipeline: &str) {
    let told = client.submit(pipeline, vec![Command::ListBackups], None, None, Freshness::Latest).await;
    let Some(Ok(answers)) = told else { return };
    let Some(Answer::Backups(backups)) = answers.into_iter().next() else { return };
    let Some(backup) = backups.last() else { return };
    let delete = DeleteBackup { id: backup.id.clone() };
    client.ask_plain(pipeline, Command::DeleteBackup(delete)).await;
}

async fn look_back(client: &mut Client, pipeline: &str, at: Moment) {
    let name = (*client.luck.pick(&["orders", "customers", "events"])).to_owned();
    let commands = vec![
        Command::DescribePipeline,
        Command::GetHwm(GetHwm { name }),
        Command::Validate,
        Command::ListLeases,
    ];
    client.look_back(pipeline, commands, at).await;
}

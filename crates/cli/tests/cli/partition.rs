//! `highwater partition`.

use serde_json::json;

use crate::lab::Lab;

#[test]
fn partitions_are_declared_listed_counted_marked_and_renamed() {
    let lab = Lab::new();
    fn on(verb: &'static str, more: &[&'static str]) -> Vec<&'static str> {
        [&["partition", verb, "p", "load"], more].concat()
    }
    lab.refused(2, &on("declare", &[]), "--dimension");
    lab.refused(2, &on("declare", &["--dimension", "region="]), "name the keys");
    let dimensions = ["--dimension", "region=eu,us", "--dimension", "customer"];
    lab.ok(&on("declare", &dimensions));
    assert!(lab.ok(&on("declare", &dimensions)).stderr.contains("already"));
    lab.refused(2, &on("add-keys", &["region", "asia"]), "declare it again");
    lab.ok(&on("add-keys", &["customer", "acme", "bolt"]));

    // Nothing is marked before it is said twice.
    let done = ["eu|acme", "us|acme", "--status", "done", "--rows", "1200", "--fingerprint", "code-1"];
    let planned = lab.ok(&on("mark", &done));
    assert!(planned.stdout.contains("eu|acme: ✓ done"), "{}", planned.stdout);
    assert!(planned.stderr.contains("dry run"), "{}", planned.stderr);
    let apply = ["--apply", "--yes", "--reason", "loaded before"];
    lab.refused(2, &[&on("mark", &done)[..], &["--apply", "--yes"]].concat(), "a reason is needed");
    lab.ok(&[&on("mark", &done)[..], &apply].concat());
    lab.refused(2, &on("mark", &["eu|nobody", "--status", "done"]), "no key `nobody`");

    let shown = lab.ok(&["partition", "show", "p"]).stdout;
    for words in ["region (2 keys) | customer (2 keys, dynamic)", "2,400"] {
        assert!(shown.contains(words), "{words}: {shown}");
    }
    let counts = lab.json(&on("show", &[]))["counts"].clone();
    assert_eq!((&counts["total"], &counts["done"], &counts["missing"]), (&json!(4), &json!(2), &json!(2)));
    let one = lab.json(&on("show", &["eu|acme"]));
    assert_eq!(
        (&one["status"], &one["rows"], &one["fingerprint"]),
        (&json!("done"), &json!(1200), &json!("code-1"))
    );
    assert_eq!((&one["reason"], &one["actor"]), (&json!("loaded before"), &json!("tester")));
    let missing = lab.json(&on("list", &["--status", "missing,failed", "--prefix", "us|"]));
    assert_eq!((missing.as_array().map(Vec::len), &missing[0]["partition"]), (Some(1), &json!("us|bolt")));
    assert!(lab.ok(&on("list", &["--limit", "1"])).stderr.contains("more partitions than 1"));
    let keys = lab.json(&on("keys", &["customer"]));
    assert_eq!((&keys[0]["key"], &keys[0]["counts"]["done"]), (&json!("acme"), &json!(2)));

    lab.refused(2, &on("remove-keys", &["customer", "acme"]), "has a status");
    lab.refused(2, &on("rekey", &["--dimension", "region"]), "--rename");
    let rename = ["--dimension", "region", "--rename", "eu=us", "--rename", "us=eu"];
    let tenant = ["--add-dimension", "tenant=t1,t2", "--key", "t1"];
    let planned = lab.ok(&[&on("rekey", &rename)[..], &tenant].concat());
    assert!(planned.stdout.contains("us|acme|t1"), "{}", planned.stdout);
    lab.ok(&[&on("rekey", &rename)[..], &tenant, &apply].concat());
    let done = lab.json(&on("list", &["--status", "done"]));
    assert_eq!((&done[0]["partition"], &done[1]["partition"]), (&json!("us|acme|t1"), &json!("eu|acme|t1")));
    let gone = ["customer", "acme", "--forget", "--yes", "--reason", "they left"];
    lab.ok(&on("remove-keys", &gone));
    assert_eq!(lab.json(&on("list", &["--status", "done"])), json!([]));
    lab.ok(&on("declare", &["--none"]));
    lab.refused(1, &on("show", &[]), "not divided into partitions");
    assert_eq!(lab.json(&["partition", "show", "p"]), json!([]));
    let before = lab.json(&["partition", "list", "p", "load", "--status", "done", "--at", "3"]);
    assert_eq!(before.as_array().map(Vec::len), Some(2));
}

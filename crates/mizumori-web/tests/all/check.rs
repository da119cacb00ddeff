//! The check of a password over HTTP.

use mizumori_web::GuardOptions;

use crate::client::Answer;
use crate::world::{World, import};

fn check(world: &World, headers: &[&str], body: &str) -> (Answer, serde_json::Value) {
    let answer = world.client().ask("POST", "/api/v1/passwords/check", headers, body.as_bytes());
    let object = serde_json::from_slice(&answer.body).unwrap();
    (answer, object)
}

#[test]
fn verdicts() {
    let world = World::of("himitsu-no-kotoba\nhello\n");
    let (answer, verdict) = check(&world, &[], r#"{"password": "himitsu-no-kotoba"}"#);
    assert_eq!((answer.status, verdict["acceptable"].as_bool()), (200, Some(false)));
    assert_eq!(answer.header("cache-control"), "no-store");
    assert_eq!(answer.header("content-type"), "application/json");
    assert_eq!(verdict["reasons"][0]["id"], "leaked");
    assert_eq!(verdict["reasons"][0]["text"], "it has leaked: it was seen once");
    let (_, verdict) = check(&world, &["Accept-Language: ja-JP"], r#"{"password": "short"}"#);
    assert_eq!(verdict["reasons"][0]["text"], "短すぎます（5 文字。15 文字以上が必要です）");
    let (_, verdict) = check(&world, &["Accept-Language: ja"], r#"{"password": "short", "lang": "en"}"#);
    assert!(verdict["reasons"][0]["text"].as_str().unwrap().starts_with("it is too short"));
    let (_, verdict) = check(&world, &[], r#"{"password": "a river of words"}"#);
    assert_eq!(verdict["acceptable"], true);
    let (_, verdict) = check(&world, &[], r#"{"password": "nine nine", "second_factor": true}"#);
    assert_eq!(verdict["acceptable"], true);
    let (_, verdict) =
        check(&world, &[], r#"{"password": "Suigen-no-Kawa-Mizu", "context": ["suigen-no-kawa-mizu"]}"#);
    assert_eq!(verdict["reasons"][0]["id"], "context-word");
    let (_, verdict) = check(&world, &[], r#"{"password": "Hello-0123456789"}"#);
    assert_eq!(
        (verdict["acceptable"].as_bool(), &verdict["advice"][0]["id"]),
        (Some(true), &"near-leaked".into())
    );
}

#[test]
fn a_server_has_rules_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    import(&folder.path().join("index"), "x\n", [true, true]);
    let options = GuardOptions {
        least: 4,
        least_with_second_factor: 2,
        context: vec!["suigen".to_owned()],
        ..GuardOptions::default()
    };
    let world = World::start(folder, options, None);
    let acceptable = |body: &str| check(&world, &[], body).1["acceptable"].as_bool().unwrap();
    assert!(acceptable(r#"{"password": "four"}"#) && !acceptable(r#"{"password": "two"}"#));
    assert!(acceptable(r#"{"password": "two", "second_factor": true}"#));
    assert!(!acceptable(r#"{"password": "Suigen"}"#));
}

#[test]
fn what_is_wrong_is_said_without_a_word_of_it() {
    let world = World::of("himitsu\n");
    for (body, status) in [
        ("himitsu-no-kotoba", 400),
        (r#"{"password": 17522}"#, 400),
        (r#"{"passwort": "himitsu-no-kotoba"}"#, 400),
        (r#"{"password": "x", "second_factor": "himitsu-no-kotoba"}"#, 400),
        (r#"{"password": "x", "lang": "de"}"#, 400),
        (&format!(r#"{{"password": "{}"}}"#, "himitsu-no-kotoba".repeat(5_000)), 413),
    ] {
        let (answer, problem) = check(&world, &[], body);
        assert_eq!((answer.status, problem["status"].as_u64()), (status, Some(status.into())));
        assert_eq!(answer.header("content-type"), "application/problem+json");
        assert!(!answer.text().contains("himitsu"), "{}", answer.text());
    }
    let answer = world.get("/api/v1/passwords/check");
    assert_eq!((answer.status, answer.header("allow")), (405, "POST"));
}

#[test]
fn counted_and_not_remembered() {
    let world = World::of("himitsu-no-kotoba\n");
    check(&world, &[], r#"{"password": "himitsu-no-kotoba"}"#);
    check(&world, &[], "no object");
    world.get("/range/21BD1");
    let metrics = world.get("/metrics");
    assert!(metrics.text().contains("{asked=\"check\",status=\"200\"} 1\n"));
    assert!(metrics.text().contains("{asked=\"check\",status=\"400\"} 1\n"));
    assert!(metrics.text().contains("{asked=\"range\",status=\"200\"} 1\n"));
    assert!(metrics.text().contains("mizumori_guard_hashes{hash=\"sha1\"} 1\n"));
    assert_eq!(world.get("/healthz").text(), "ok\n");
    assert_eq!(world.get("/readyz").status, 200);
}

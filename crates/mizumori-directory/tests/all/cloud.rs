//! How every directory that is a service behaves: against one server that grants tokens and answers, and that fails.

use std::time::Duration;

use mizumori_directory::{Directory, DirectoryError};
use mizumori_outbound::{Client, ClientSettings, Reach, Schemes};
use mizumori_test_servers::{Answer, Web};

use crate::ask::all;

/// Bytes that are read of an answer here.
const LONGEST: usize = 256 << 10;

/// A service, as a test knows it.
pub(crate) struct Service<D> {
    /// Where people are listed.
    pub(crate) users: &'static str,
    /// Where one signs on, where one does.
    pub(crate) token: Option<&'static str>,
    /// The right that a listing takes, as it stands in an error.
    pub(crate) right: &'static str,
    /// The answers to a listing of so many people, one a page.
    pub(crate) pages: fn(&Web, u64) -> Vec<Answer>,
    /// A page behind which the same one comes.
    pub(crate) endless: fn(&Web) -> Answer,
    /// Answers what is asked beside the listing.
    pub(crate) prepare: fn(&Web),
    /// The directory there, which waits so long.
    pub(crate) make: fn(&Web, Client, Duration) -> D,
}

/// A client that also speaks without TLS, and waits so long for an answer.
pub(crate) fn client(timeout: Duration) -> Client {
    // Another test may have installed it.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let settings = ClientSettings {
        schemes: Schemes::HttpsAndHttp,
        max_answer: LONGEST,
        timeout,
        ..ClientSettings::new(Reach::Anywhere)
    };
    Client::new(&settings).unwrap()
}

/// A token of this name, which lives for so many seconds.
pub(crate) fn token(name: &str, seconds: u64) -> Answer {
    Answer::json(format!(r#"{{"access_token": "{name}", "token_type": "Bearer", "expires_in": {seconds}}}"#))
}

impl<D: Directory> Service<D> {
    fn server(&self) -> Web {
        let web = Web::start().unwrap();
        if let Some(path) = self.token {
            web.on("POST", path, token("canary-token", 3600));
        }
        (self.prepare)(&web);
        web
    }

    /// One that never waits when it is asked to.
    fn directory(&self, web: &Web) -> D {
        (self.make)(web, client(Duration::from_secs(60)), Duration::ZERO)
    }

    /// Lists so many people from now on, once, behind these answers.
    fn lists(&self, web: &Web, before: &[Answer], count: u64) {
        let pages = (self.pages)(web, count);
        web.on_each("GET", self.users, before.iter().cloned().chain(pages));
    }

    async fn fails(&self, answer: Answer) -> DirectoryError {
        let web = self.server();
        web.on("GET", self.users, answer);
        let error = all(&self.directory(&web)).await.unwrap_err();
        assert!(!format!("{error} {error:?} {:?}", error.hint()).contains("canary"), "{error:?}");
        error
    }

    /// All that holds for each of them.
    pub(crate) async fn holds(&self) {
        self.tells_faults_apart().await;
        self.waits_when_asked().await;
        self.leaves_what_never_ends().await;
        if self.token.is_some() {
            self.renews_tokens_once().await;
            self.cannot_sign_on().await;
        }
    }

    async fn tells_faults_apart(&self) {
        type Check = fn(&DirectoryError) -> bool;
        let canary = Answer::json(r#"{"error": {"message": "canary@suigen.example", "code": "canary"}}"#);
        let cases: [(Answer, Check); 11] = [
            (canary.clone().with_status(401), |error| matches!(error, DirectoryError::Credentials { .. })),
            (canary.clone().with_status(404), |error| matches!(error, DirectoryError::Missing { .. })),
            (canary.with_status(500), |error| matches!(error, DirectoryError::Refused { code: 500, .. })),
            (Answer::status(503), |error| error.try_again() == Some(None)),
            (Answer::too_many(7), |error| error.try_again() == Some(Some(Duration::from_secs(7)))),
            (Answer::redirect("http://other.example/"), |error| {
                matches!(error, DirectoryError::Referral { .. })
            }),
            (Answer::text("canary"), |error| matches!(error, DirectoryError::Nonsense { .. })),
            (Answer::json("7"), |error| matches!(error, DirectoryError::Nonsense { .. })),
            (Answer::raw("canary"), |error| matches!(error, DirectoryError::Nonsense { .. })),
            (Answer::endless(), |error| {
                matches!(error, DirectoryError::Nonsense { what: "it is too long", .. })
            }),
            (Answer::closed(), |error| {
                matches!(error, DirectoryError::Unreachable { .. } | DirectoryError::Nonsense { .. })
            }),
        ];
        for (answer, is_right) in cases {
            let shown = format!("{answer:?}");
            let error = self.fails(answer).await;
            assert!(is_right(&error), "{shown}: {error:?}");
        }
        let error = self.fails(Answer::json(r#"{"error": {"message": "canary"}}"#).with_status(403)).await;
        assert!(matches!(error, DirectoryError::NotPermitted { .. }), "{error:?}");
        assert!(error.to_string().contains(self.right), "{error}");
        let web = self.server();
        web.on("GET", self.users, Answer::never());
        let slow = (self.make)(&web, client(Duration::from_millis(500)), Duration::ZERO);
        let error = all(&slow).await.unwrap_err();
        assert!(matches!(error, DirectoryError::TimedOut { .. }), "{error:?}");
        let gone = self.directory(&web);
        drop(web);
        let error = all(&gone).await.unwrap_err();
        assert!(matches!(error, DirectoryError::Unreachable { .. }), "{error:?}");
    }

    async fn waits_when_asked(&self) {
        let web = self.server();
        self.lists(&web, &[Answer::too_many(0), Answer::too_many(1)], 1);
        let patient = (self.make)(&web, client(Duration::from_secs(60)), Duration::from_secs(60));
        assert_eq!(all(&patient).await.unwrap().0.len(), 1);
        web.on("GET", self.users, Answer::too_many(3600));
        let error = all(&patient).await.unwrap_err();
        assert_eq!(error.try_again(), Some(Some(Duration::from_secs(3600))), "longer than anybody waits");
        web.take_requests();
        web.on("GET", self.users, Answer::too_many(0));
        let error = all(&patient).await.unwrap_err();
        assert!(matches!(error, DirectoryError::Busy { .. }), "{error:?}");
        let asked = web.requests().iter().filter(|request| request.path == self.users).count();
        assert!(
            (2..20).contains(&asked),
            "one that says for ever that nothing has to be waited for: {asked}"
        );
    }

    async fn leaves_what_never_ends(&self) {
        let web = self.server();
        web.on("GET", self.users, (self.endless)(&web));
        let directory = self.directory(&web);
        let error = all(&directory).await.unwrap_err();
        assert!(matches!(error, DirectoryError::Nonsense { .. }), "{error:?}");
        self.lists(&web, &[], 2);
        let (entries, oddities) = all(&directory).await.unwrap();
        assert_eq!((entries.len(), oddities.len()), (2, 0), "{oddities:?}");
    }

    async fn renews_tokens_once(&self) {
        let path = self.token.unwrap();
        let web = self.server();
        web.on_each("POST", path, [token("first", 3600), token("second", 3600)]);
        let directory = self.directory(&web);
        for _ in 0..2 {
            self.lists(&web, &[], 1);
            all(&directory).await.unwrap();
        }
        let asked = |web: &Web| web.take_requests().iter().filter(|request| request.path == path).count();
        assert_eq!(asked(&web), 1, "a token is kept");
        self.lists(&web, &[Answer::status(401)], 1);
        all(&directory).await.unwrap();
        let requests = web.requests();
        let last = requests.iter().rfind(|request| request.path == self.users).unwrap();
        assert_eq!(last.header("authorization"), Some("Bearer second"));
        assert_eq!(asked(&web), 1, "one that was refused is renewed");
        web.on("GET", self.users, Answer::status(401));
        let error = all(&directory).await.unwrap_err();
        assert!(matches!(error, DirectoryError::Credentials { .. }), "{error:?}");
        assert_eq!(asked(&web), 1, "and once only");
        // One that is over when it comes is used for what it was asked for, and no longer.
        let web = self.server();
        web.on("POST", path, token("short", 0));
        self.lists(&web, &[], 2);
        all(&self.directory(&web)).await.unwrap();
        assert!(asked(&web) >= 2, "a token that has ended is renewed before it is used");
    }

    async fn cannot_sign_on(&self) {
        type Check = fn(&DirectoryError) -> bool;
        let said = |word: &str, status| {
            Answer::json(format!(r#"{{"error": "{word}", "error_description": "canary"}}"#))
                .with_status(status)
        };
        let cases: [(Answer, Check); 9] = [
            (said("invalid_client", 401), |error| matches!(error, DirectoryError::Credentials { .. })),
            (said("invalid_grant", 400), |error| matches!(error, DirectoryError::Credentials { .. })),
            (said("unauthorized_client", 400), |error| {
                matches!(error, DirectoryError::NotPermitted { right: Some(_), .. })
            }),
            (said("invalid_request", 400), |error| {
                matches!(error, DirectoryError::Refused { code: 400, .. })
            }),
            (Answer::status(404), |error| matches!(error, DirectoryError::Missing { .. })),
            (Answer::too_many(7), |error| error.try_again() == Some(Some(Duration::from_secs(7)))),
            (Answer::redirect("http://other.example/"), |error| {
                matches!(error, DirectoryError::Referral { .. })
            }),
            (Answer::json(r#"{"access_token": "canary", "token_type": "mac"}"#), |error| {
                matches!(error, DirectoryError::Nonsense { .. })
            }),
            (Answer::text("canary"), |error| matches!(error, DirectoryError::Nonsense { .. })),
        ];
        for (answer, is_right) in cases {
            let web = self.server();
            let shown = format!("{answer:?}");
            web.on("POST", self.token.unwrap(), answer);
            let error = all(&self.directory(&web)).await.unwrap_err();
            assert!(is_right(&error), "{shown}: {error:?}");
            assert!(!format!("{error} {error:?}").contains("canary"), "{error:?}");
            assert!(web.requests().iter().all(|request| request.path != self.users));
        }
    }
}

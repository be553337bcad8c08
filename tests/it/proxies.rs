//! Tests of the operator's proxy: every connection with TLS goes through it by name, what the host refuses is refused
//! before the proxy is asked, and this machine is never reached through it.

use crate::cli::{Fakes, Shell};
use crate::telemetry::collector::{Collector, Manners};
use futures::future::BoxFuture;
use hibob_fakes::{ConnectProxy, ProxyServer, TlsFront};
use hibob_net::address::{AddressPolicy, Resolve};
use hibob_net::proxy::Proxy;
use hibob_net::transport::{HttpTransport, NotSent, Transport, TransportError};
use http_body_util::Full;
use std::collections::BTreeMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

const HIBOB: &str = "api.hibob.test";
const TRAVELPERK: &str = "app.perk.test";
const PASSWORD: &str = "pass-word-of-the-proxy";

/// A tenant whose services have names that only the proxy knows, and speak TLS.
struct Company {
    shell: Shell,
    _fakes: Fakes,
    fronts: Vec<TlsFront>,
    proxy: ProxyServer,
}

fn address(url: &str) -> SocketAddr {
    url.split('/').nth(2).unwrap().parse().unwrap()
}

impl Company {
    async fn new() -> Self {
        let shell = Shell::new();
        let fakes = Fakes::start(&shell, &["--employees", "5"]);
        let mut servers = BTreeMap::new();
        let mut fronts = Vec::new();
        let mut text = std::fs::read_to_string(shell.path("acme.toml")).unwrap();
        for (name, url) in [(HIBOB, fakes.text("hibob_url")), (TRAVELPERK, fakes.text("scim_url"))] {
            let at = address(&url);
            let front = TlsFront::start(name, at).await.unwrap();
            servers.insert(format!("{name}:443"), front.address());
            text = text.replace(&format!("http://{at}"), &format!("https://{name}"));
            fronts.push(front);
        }
        let certificates: Vec<&str> = fronts.iter().map(TlsFront::certificate).collect();
        std::fs::write(shell.path("ca.pem"), certificates.concat()).unwrap();
        std::fs::write(shell.path("acme.toml"), text).unwrap();
        let credentials = Some(("hibob".to_owned(), PASSWORD.to_owned()));
        let proxy = ProxyServer::start(ConnectProxy { servers, credentials, ..ConnectProxy::default() }).await.unwrap();
        Self { shell, _fakes: fakes, fronts, proxy }
    }

    /// Applies the tenant's file with this table `[network]`.
    fn apply(&self, network: &str) {
        let text = std::fs::read_to_string(self.shell.path("acme.toml")).unwrap();
        let own = text.split("\n[network]\n").next().unwrap();
        std::fs::write(self.shell.path("acme.toml"), format!("{own}\n[network]\n{network}")).unwrap();
        let output = self.shell.run(&["tenant", "apply", "acme.toml"]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    /// Runs a command with these variables. Returns its exit code, and all that it printed.
    fn run(&self, args: &[&str], variables: &[(&str, &str)]) -> (i32, String) {
        let output = self.shell.command(args).envs(variables.iter().copied()).output().unwrap();
        let text = [output.stdout, output.stderr].concat();
        (output.status.code().unwrap(), String::from_utf8(text).unwrap())
    }

    /// The names of the servers that the proxy was asked for since the last time.
    fn asked(&self) -> Vec<String> {
        let mut asked: Vec<String> = self.proxy.asked().into_iter().map(|(server, _)| server).collect();
        asked.sort();
        asked.dedup();
        asked
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sync_goes_through_the_proxy_of_the_tenants_file_by_name() {
    let company = Company::new().await;
    let network = format!(
        "ca_file = \"ca.pem\"\nproxy = \"{}\"\nproxy_user = \"hibob\"\nproxy_password = \"env:PROXY_PASSWORD\"\n",
        company.proxy.url()
    );
    // The configuration is checked with the secrets that it names.
    std::fs::write(company.shell.path("password"), PASSWORD).unwrap();
    company.apply(&network.replace("env:PROXY_PASSWORD", "file:password"));
    let (exit, text) = company.run(&["sync", "acme"], &[]);
    assert_eq!(exit, 0, "{text}");
    assert!(text.contains(" created") && !text.contains("0 created"), "{text}");
    assert_eq!(company.asked(), [format!("{HIBOB}:443"), format!("{TRAVELPERK}:443")]);

    // A password that the proxy does not know is the proxy's side, and is not shown.
    std::fs::write(company.shell.path("password"), "wrong-pass-word").unwrap();
    let (exit, text) = company.run(&["sync", "acme"], &[("RUST_LOG", "debug")]);
    assert_eq!(exit, 5, "{text}");
    assert!(text.contains("status 407") && text.contains("network.proxy_password"), "{text}");
    assert!(!text.contains("wrong-pass-word") && !text.contains(PASSWORD), "{text}");
    assert_eq!(company.asked(), [format!("{HIBOB}:443")]);

    // A server that the proxy does not allow is named with the proxy.
    std::fs::write(company.shell.path("password"), PASSWORD).unwrap();
    company.proxy.proxy().lock().unwrap().servers.remove(&format!("{TRAVELPERK}:443"));
    let (exit, text) = company.run(&["sync", "acme"], &[]);
    assert_eq!(exit, 5, "{text}");
    assert!(text.contains(&format!("does not connect to {TRAVELPERK}:443 (status 403)")), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_environment_names_a_proxy_and_what_is_reached_without_it() {
    let company = Company::new().await;
    company.apply("ca_file = \"ca.pem\"\n");
    let url = company.proxy.url().replace("http://", &format!("http://hibob:{PASSWORD}@"));
    let (exit, text) = company.run(&["sync", "acme"], &[("HTTPS_PROXY", &url)]);
    assert_eq!(exit, 0, "{text}");
    assert_eq!(company.asked(), [format!("{HIBOB}:443"), format!("{TRAVELPERK}:443")]);

    // Without the proxy nobody knows the name.
    let variables = [("https_proxy", url.as_str()), ("NO_PROXY", "other.example, .Hibob.Test")];
    let (exit, text) = company.run(&["sync", "acme"], &variables);
    assert_eq!(exit, 5, "{text}");
    assert!(text.contains("its address cannot be found") || text.contains("cannot be resolved"), "{text}");
    assert!(!text.contains(PASSWORD), "{text}");
    assert_eq!(company.asked(), [""; 0]);

    // The tenant's file decides before the environment.
    company.apply("ca_file = \"ca.pem\"\nproxy = \"none\"\n");
    assert_eq!(company.run(&["sync", "acme"], &[("HTTPS_PROXY", &url)]).0, 5);
    assert_eq!(company.asked(), [""; 0]);
    company.apply("ca_file = \"ca.pem\"\n");

    // A value that names no proxy stops the run and is not repeated.
    let (exit, text) = company.run(&["sync", "acme"], &[("HTTPS_PROXY", "socks5://hibob:secret-word@proxy.test")]);
    assert_eq!(exit, 2, "{text}");
    assert!(text.contains("HTTPS_PROXY: only proxies with http:// are supported"), "{text}");
    assert!(!text.contains("secret-word"), "{text}");
}

/// Whose certificate nobody here knows is told from a service that cannot be reached, with the setting.
#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_that_is_not_trusted_names_the_setting() {
    let company = Company::new().await;
    company.apply("");
    let url = company.proxy.url().replace("http://", &format!("http://hibob:{PASSWORD}@"));
    let (exit, text) = company.run(&["sync", "acme"], &[("HTTPS_PROXY", &url)]);
    assert_eq!(exit, 5, "{text}");
    assert!(text.contains("network.ca_file"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_collector_and_the_issuers_site_are_reached_through_the_proxy() {
    let company = Company::new().await;
    company.apply("ca_file = \"ca.pem\"\n");
    let collector = Collector::start(Manners::Accepts);
    let front = TlsFront::start("collector.test", address(collector.url())).await.unwrap();
    company.proxy.proxy().lock().unwrap().servers.insert("collector.test:443".to_owned(), front.address());
    std::fs::write(company.shell.path("collector.pem"), front.certificate()).unwrap();
    let url = company.proxy.url().replace("http://", &format!("http://hibob:{PASSWORD}@"));
    let ca_file = company.shell.path("collector.pem");
    let variables = [
        ("HTTPS_PROXY", url.as_str()),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "https://collector.test"),
        ("SSL_CERT_FILE", ca_file.to_str().unwrap()),
    ];
    let (exit, text) = company.run(&["sync", "acme"], &variables);
    assert_eq!(exit, 0, "{text}");
    assert!(!text.contains("OTLP"), "{text}");
    assert!(!collector.received().bodies.is_empty());
    assert!(company.asked().contains(&"collector.test:443".to_owned()));

    // The site is asked after a publication.
    assert_eq!(company.run(&["references", "key", "new", "acme", "--unpublished"], &[]).0, 0);
    let (exit, text) = company.run(&["references", "publish", "acme", "public"], &variables[..1]);
    assert_eq!(exit, 0, "{text}");
    let domain = std::fs::read_to_string(company.shell.path("acme.toml")).unwrap();
    let domain =
        domain.lines().find_map(|line| line.strip_prefix("domain = \"")?.strip_suffix('"')).unwrap().to_owned();
    assert_eq!(company.asked(), [format!("{domain}:443")]);
    drop(company.fronts);
}

/// Resolves names as this table says, and no others.
struct Table(BTreeMap<&'static str, &'static str>);

impl Resolve for Table {
    fn resolve(&self, name: &str) -> BoxFuture<'static, io::Result<Vec<IpAddr>>> {
        let found = self.0.get(name).map(|address| vec![address.parse().unwrap()]);
        Box::pin(async move { found.ok_or_else(|| io::ErrorKind::NotFound.into()) })
    }
}

/// Sends a request through a proxy that knows no server, so that every connection that is asked for fails there.
async fn send(proxy: &ProxyServer, policy: &AddressPolicy, url: &str) -> TransportError {
    let resolver = Arc::new(Table(BTreeMap::from([
        ("api.hibob.com", "93.184.215.14"),
        ("metadata.example", "169.254.169.254"),
        ("inside.example", "10.1.2.3"),
        ("rebound.example", "127.0.0.1"),
    ])));
    let through = Some(Proxy::new(&proxy.url(), None).unwrap());
    let transport = HttpTransport::through(through, Duration::from_secs(2), policy.clone(), None, resolver).unwrap();
    let request = http::Request::get(url).body(Full::new(bytes::Bytes::new())).unwrap();
    transport.send(request).await.err().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_host_refuses_never_gets_to_the_proxy() {
    let proxy = ProxyServer::start(ConnectProxy::default()).await.unwrap();
    let nothing = AddressPolicy::default();
    for url in [
        "https://169.254.169.254/latest",
        "https://10.1.2.3/",
        "https://metadata.example/",
        "https://inside.example/",
        "https://rebound.example/",
        "https://127.0.0.1/",
        "https://2130706433/",
        // CONNECT goes by name, so that a public address is refused too.
        "https://93.184.215.14/",
    ] {
        match send(&proxy, &nothing, url).await {
            TransportError::NotSent(NotSent::Prohibited, _) => {}
            other => panic!("{url}: {other:?}"),
        }
        assert_eq!(proxy.asked(), [], "{url}");
    }
    // A public name, one that only the proxy knows, and one whose address the operator allows.
    let allowed = AddressPolicy { allowed: vec!["10.0.0.0/8".parse().unwrap()], localhost: false };
    for (policy, name) in [(&nothing, "api.hibob.com"), (&nothing, "only.the.proxy"), (&allowed, "inside.example")] {
        match send(&proxy, policy, &format!("https://{name}:8443/")).await {
            TransportError::NotSent(NotSent::Proxy, why) => assert!(why.contains("status 403"), "{why}"),
            other => panic!("{name}: {other:?}"),
        }
        assert_eq!(proxy.asked(), [(format!("{name}:8443"), 403)]);
    }
    // This machine, and connections without TLS, are reached directly: nothing listens there.
    let here = AddressPolicy { allowed: vec!["127.0.0.0/8".parse().unwrap()], localhost: true };
    for url in ["https://127.0.0.1:1/", "https://rebound.example:1/", "http://rebound.example:1/"] {
        match send(&proxy, &here, url).await {
            TransportError::NotSent(NotSent::Refused, _) => {}
            other => panic!("{url}: {other:?}"),
        }
        assert_eq!(proxy.asked(), [], "{url}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proxy_that_is_silent_or_away_is_named() {
    let proxy = ProxyServer::start(ConnectProxy { is_silent: true, ..ConnectProxy::default() }).await.unwrap();
    let error = send(&proxy, &AddressPolicy::default(), "https://api.hibob.com/").await;
    let words = format!("the proxy {} did not answer within 2 seconds", proxy.url());
    assert!(matches!(&error, TransportError::NotSent(NotSent::Proxy, why) if why.ends_with(&words)), "{error:?}");
}

/// `tenant apply` refuses a file of certificates that is none, a proxy that cannot be used, and half of its settings.
#[test]
fn what_is_no_proxy_and_no_certificate_is_refused_when_it_is_applied() {
    let shell = Shell::new();
    let certified = rcgen::generate_simple_self_signed(vec!["ca.test".to_owned()]).unwrap();
    std::fs::write(shell.path("ca.der"), certified.cert.der()).unwrap();
    std::fs::write(shell.path("key.pem"), certified.signing_key.serialize_pem()).unwrap();
    std::fs::write(shell.path("broken.pem"), format!("{}{BROKEN}", certified.cert.pem())).unwrap();
    std::fs::write(shell.path("whole.pem"), certified.cert.pem()).unwrap();
    let user = "proxy = \"http://p.example:3128\"\nproxy_user = \"u\"\n";
    for (network, words) in [
        ("ca_file = \"ca.der\"\n", "ca.der: it has no certificate in PEM"),
        ("ca_file = \"key.pem\"\n", "key.pem: it has no certificate in PEM"),
        ("ca_file = \"broken.pem\"\n", "broken.pem: 1 of its 2 certificates cannot be read"),
        ("ca_file = \"whole.pem\"\n", ""),
        (
            "proxy = \"https://p.example:3128\"\n",
            "network.proxy names no proxy that can be used: only proxies with http://",
        ),
        ("proxy = \"http://u:secret-word@p.example\"\n", "it has a user name in it"),
        ("proxy = \"http://p.example/path\"\n", "it has more than a name and a port"),
        ("proxy = \"http://\"\n", "it is not a URL"),
        (user, "network.proxy_user and network.proxy_password belong together"),
        ("proxy_user = \"u\"\nproxy_password = \"store\"\n", "and to a proxy in network.proxy"),
        (&format!("{user}proxy_password = \"store\"\n"), ""),
    ] {
        std::fs::write(shell.path("acme.toml"), format!("{FILE}[network]\n{network}")).unwrap();
        let output = shell.run(&["tenant", "apply", "acme.toml"]);
        let text = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        assert!(text.contains(words) && !text.contains("secret-word"), "{network}: {text}");
        assert_eq!(
            output.status.code() == Some(2) && text.contains("network."),
            !words.is_empty(),
            "{network}: {text}"
        );
    }
}

const BROKEN: &str = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
const FILE: &str = "id = \"acme\"\n[hibob]\nurl = \"https://api.hibob.com/v1\"\nservice_user = \"S-1\"\ntoken = \"store\"\n\
                    [travelperk]\nscim_url = \"https://app.perk.com/api/v2/scim\"\nkey = \"store\"\n";

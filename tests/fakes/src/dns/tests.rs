use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpStream, UdpSocket},
    time::timeout,
};

use super::*;

const NAME: &str = "s1._refpassport.acme.example.";
const KEY: &str = "v=refpassport1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=";

fn dns() -> Dns {
    let mut dns = Dns::default();
    dns.insert_txt("s1._refpassport.acme.example", KEY);
    dns.insert_a("www.acme.example", Ipv4Addr::LOCALHOST);
    dns
}

fn question(name: &str, kind: RecordType) -> Message {
    let mut message = Message::query();
    message.metadata.recursion_desired = true;
    message.add_query(Query::query(Name::from_ascii(name).unwrap(), kind));
    message
}

fn with_edns(mut message: Message, payload: u16) -> Message {
    let mut edns = Edns::new();
    edns.set_max_payload(payload);
    message.set_edns(edns);
    message
}

fn ask(dns: &mut Dns, request: &Message, transport: Transport) -> Message {
    let reply = dns.handle(&request.to_vec().unwrap(), transport, 0.0).unwrap();
    Message::from_vec(&reply.bytes).unwrap()
}

fn ask_for(dns: &mut Dns, name: &str, kind: RecordType) -> Message {
    ask(dns, &question(name, kind), Transport::Udp)
}

fn strings(message: &Message) -> Vec<Vec<Vec<u8>>> {
    let texts = message.answers.iter().map(|record| match &record.data {
        RData::TXT(text) => text.txt_data.iter().map(|string| string.to_vec()).collect(),
        other => panic!("{other}"),
    });
    texts.collect()
}

fn code(message: &Message) -> ResponseCode {
    message.metadata.response_code
}

#[test]
fn a_text_is_found_whatever_the_case_of_its_name() {
    let mut dns = dns();
    let request = question("S1._RefPassport.ACME.example.", RecordType::TXT);
    let response = ask(&mut dns, &request, Transport::Udp);
    assert_eq!(code(&response), ResponseCode::NoError);
    assert_eq!(response.metadata.id, request.metadata.id);
    assert!(response.metadata.recursion_available && response.metadata.recursion_desired);
    assert!(!response.metadata.authoritative && !response.metadata.truncation);
    assert_eq!(strings(&response), [[KEY.as_bytes()]]);
    // The answer repeats the name in the query's spelling, because clients compare the case (0x20).
    assert!(response.queries[0].name().eq_case(request.queries[0].name()));
    assert!(response.edns.is_none());
    let query = dns.log().last().unwrap();
    assert_eq!((query.name.as_str(), query.kind.as_str()), ("S1._RefPassport.ACME.example.", "TXT"));
    assert_eq!((query.transport, query.code), (Transport::Udp, Some(0)));
}

#[test]
fn no_such_name_is_not_no_such_record() {
    let mut dns = dns();
    for (name, expected) in [
        ("s2._refpassport.acme.example.", ResponseCode::NXDomain),
        ("www.acme.example.", ResponseCode::NoError),
        ("_refpassport.acme.example.", ResponseCode::NoError),
        ("xacme.example.", ResponseCode::NXDomain),
    ] {
        let response = ask_for(&mut dns, name, RecordType::TXT);
        assert_eq!((code(&response), response.answers.len()), (expected, 0), "{name}");
        assert_eq!(response.authorities[0].record_type(), RecordType::SOA, "{name}");
    }
    assert!(dns.remove(NAME) && !dns.remove(NAME));
    assert_eq!(code(&ask_for(&mut dns, NAME, RecordType::TXT)), ResponseCode::NXDomain);
}

#[test]
fn strings_and_records_stay_apart() {
    let mut dns = Dns::default();
    let long = "x".repeat(300);
    dns.insert_txt(NAME, &long);
    dns.insert_txt_strings(NAME, &[b"v=refpassport1; ", b"\xff"]);
    dns.insert_txt_strings(NAME, &[]);
    let expected = [
        vec![long.as_bytes()[..255].to_vec(), long.as_bytes()[255..].to_vec()],
        vec![b"v=refpassport1; ".to_vec(), vec![0xff]],
        vec![vec![]],
    ];
    assert_eq!(strings(&ask_for(&mut dns, NAME, RecordType::TXT)), expected);
}

#[test]
fn a_long_answer_is_for_tcp() {
    let mut dns = Dns::default();
    for _ in 0..3 {
        dns.insert_txt(NAME, &"x".repeat(250));
    }
    let plain = question(NAME, RecordType::TXT);
    let cut = ask(&mut dns, &plain, Transport::Udp);
    assert!(cut.metadata.truncation && cut.answers.is_empty());
    assert_eq!(ask(&mut dns, &plain, Transport::Tcp).answers.len(), 3);
    let roomy = ask(&mut dns, &with_edns(plain.clone(), 4096), Transport::Udp);
    assert_eq!((roomy.metadata.truncation, roomy.answers.len()), (false, 3));
    assert_eq!(roomy.edns.unwrap().max_payload(), 1232);
    // The server's own limit applies too.
    dns.udp_bytes_max = 600;
    assert!(ask(&mut dns, &with_edns(plain, 4096), Transport::Udp).metadata.truncation);
}

#[test]
fn edns_may_be_newer_or_not_known() {
    let mut dns = dns();
    let request = with_edns(question(NAME, RecordType::TXT), 1232);
    let mut newer = request.clone();
    newer.edns.as_mut().unwrap().set_version(1);
    // BADVERS and BADSIG have one number.
    assert_eq!(u16::from(code(&ask(&mut dns, &newer, Transport::Udp))), u16::from(ResponseCode::BADVERS));
    dns.edns = false;
    let response = ask(&mut dns, &request, Transport::Udp);
    assert_eq!((code(&response), response.edns.is_none()), (ResponseCode::FormErr, true));
    assert_eq!(ask_for(&mut dns, NAME, RecordType::TXT).answers.len(), 1);
}

#[test]
fn what_is_no_question_is_told_apart() {
    let mut dns = dns();
    let request = question(NAME, RecordType::TXT).to_vec().unwrap();
    assert_eq!(dns.handle(&request[..11], Transport::Udp, 0.0), None);
    let cut = dns.handle(&request[..20], Transport::Udp, 0.0).unwrap();
    let cut = Message::from_vec(&cut.bytes).unwrap();
    assert_eq!((code(&cut), cut.metadata.id.to_be_bytes().as_slice()), (ResponseCode::FormErr, &request[..2]));
    let mut response = request.clone();
    response[2] |= 0x80;
    assert_eq!(dns.handle(&response, Transport::Udp, 0.0), None);
    assert_eq!(dns.handle(&response[..20], Transport::Udp, 0.0), None);
    let mut double = question(NAME, RecordType::TXT);
    double.add_query(double.queries[0].clone());
    assert_eq!(code(&ask(&mut dns, &double, Transport::Udp)), ResponseCode::FormErr);
    let mut status = question(NAME, RecordType::TXT);
    status.metadata.op_code = OpCode::Status;
    assert_eq!(code(&ask(&mut dns, &status, Transport::Udp)), ResponseCode::NotImp);
    let mut chaos = question("version.bind.", RecordType::TXT);
    chaos.queries[0].set_query_class(DNSClass::CH);
    assert_eq!(code(&ask(&mut dns, &chaos, Transport::Udp)), ResponseCode::Refused);
    assert_eq!(code(&ask_for(&mut dns, "acme.example.", RecordType::AXFR)), ResponseCode::Refused);
}

#[test]
fn an_authority_says_so() {
    let mut dns = Dns { recursion: false, ..dns() };
    let response = ask_for(&mut dns, NAME, RecordType::TXT);
    assert!(response.metadata.authoritative && !response.metadata.recursion_available);
}

#[test]
fn faults_are_used_up() {
    let mut dns = dns();
    let request = question(NAME, RecordType::TXT);
    dns.faults.push(DnsFault::once(DnsFaultKind::NoSuchName).at("other"));
    for (kind, expected) in [
        (DnsFaultKind::ServFail, ResponseCode::ServFail),
        (DnsFaultKind::Refused, ResponseCode::Refused),
        (DnsFaultKind::NoSuchName, ResponseCode::NXDomain),
        (DnsFaultKind::NoData, ResponseCode::NoError),
    ] {
        dns.faults.push(DnsFault::once(kind).at("_RefPassport"));
        let response = ask(&mut dns, &request, Transport::Udp);
        assert_eq!((code(&response), response.answers.len()), (expected, 0));
    }
    dns.faults.push(DnsFault::once(DnsFaultKind::Silent).after(1).times(2).over(Transport::Udp));
    let bytes = request.to_vec().unwrap();
    let mut answers = |transport| dns.handle(&bytes, transport, 0.0).is_some();
    assert!(answers(Transport::Tcp) && answers(Transport::Udp));
    assert!(!answers(Transport::Udp) && answers(Transport::Tcp) && !answers(Transport::Udp));
    assert!(answers(Transport::Udp));
    assert_eq!(dns.log().iter().filter(|query| query.code.is_none()).count(), 2);
    let late = Duration::from_secs(2);
    dns.faults.push(DnsFault::once(DnsFaultKind::Late(late)));
    assert_eq!(dns.handle(&bytes, Transport::Udp, 0.0).unwrap().after, late);
    dns.faults.push(DnsFault::always(DnsFaultKind::Truncated));
    assert!(ask(&mut dns, &request, Transport::Udp).metadata.truncation);
    assert_eq!(ask(&mut dns, &request, Transport::Tcp).answers.len(), 1);
    dns.faults = vec![DnsFault::once(DnsFaultKind::WrongId), DnsFault::once(DnsFaultKind::WrongQuestion)];
    assert_ne!(ask(&mut dns, &request, Transport::Udp).metadata.id, request.metadata.id);
    assert_ne!(ask(&mut dns, &request, Transport::Udp).queries, request.queries);
}

async fn over_udp(address: SocketAddr, request: &Message) -> Message {
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    socket.send_to(&request.to_vec().unwrap(), address).await.unwrap();
    let mut buffer = [0; 4096];
    let (length, from) = socket.recv_from(&mut buffer).await.unwrap();
    assert_eq!(from, address);
    Message::from_vec(&buffer[..length]).unwrap()
}

async fn over_tcp(stream: &mut TcpStream, request: &Message) -> Message {
    let bytes = request.to_vec().unwrap();
    stream.write_u16(bytes.len().try_into().unwrap()).await.unwrap();
    stream.write_all(&bytes).await.unwrap();
    let mut bytes = vec![0; stream.read_u16().await.unwrap().into()];
    stream.read_exact(&mut bytes).await.unwrap();
    Message::from_vec(&bytes).unwrap()
}

#[tokio::test]
async fn one_port_answers_on_udp_and_tcp() {
    let server = DnsServer::start(Arc::new(Mutex::new(dns()))).await.unwrap();
    let request = question(NAME, RecordType::TXT);
    let kinds = [DnsFaultKind::Truncated, DnsFaultKind::Late(Duration::from_millis(20))];
    server.dns().lock().unwrap().faults.extend(kinds.map(DnsFault::once));
    assert!(over_udp(server.address(), &request).await.metadata.truncation);
    let mut stream = TcpStream::connect(server.address()).await.unwrap();
    for _ in 0..2 {
        assert_eq!(strings(&over_tcp(&mut stream, &request).await), [[KEY.as_bytes()]]);
    }
    assert_eq!(strings(&over_udp(server.address(), &request).await), [[KEY.as_bytes()]]);
    assert_eq!(server.dns().lock().unwrap().log().len(), 4);
}

#[tokio::test]
async fn a_silent_question_holds_up_no_other_and_dropping_the_server_ends_it() {
    let server = DnsServer::start(Arc::new(Mutex::new(dns()))).await.unwrap();
    let request = question(NAME, RecordType::TXT);
    server.dns().lock().unwrap().faults.push(DnsFault::once(DnsFaultKind::Silent));
    assert!(timeout(Duration::from_millis(50), over_udp(server.address(), &request)).await.is_err());
    assert_eq!(over_udp(server.address(), &request).await.answers.len(), 1);
    let mut stream = TcpStream::connect(server.address()).await.unwrap();
    assert_eq!(over_tcp(&mut stream, &request).await.answers.len(), 1);
    let address = server.address();
    drop(server);
    assert_eq!(stream.read(&mut [0]).await.map_or(0, |length| length), 0);
    // Both ports are free again when the tasks have ended; the closed connection has shown this for one of them.
    let freed = async {
        while UdpSocket::bind(address).await.is_err() {
            tokio::task::yield_now().await;
        }
    };
    timeout(Duration::from_secs(10), freed).await.unwrap();
}

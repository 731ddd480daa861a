// SPDX-License-Identifier: MIT
//! rustls 0.20, which Debian 12 has, as a client and as a server.
//!
//!     peer server PORT cert=FILE key=FILE [ca=FILE] [count=N] …     echoes; with ca it requires client certificates
//!     peer client PORT ca=FILE [cert=FILE key=FILE] [count=N] …     sends a line and wants it back, N times, resuming; lines=N in each
//!
//! Early data: early=take or early=refuse makes a server allow it, and what it takes it echoes; early=FILE is what a client sends, where a
//! ticket lets it, and wants back if the server took it. Without early= a server seals its tickets, and those allow none.
//!
//! Both: min=1.2|1.3, max=1.2|1.3, groups=X25519:P-256:P-384. A line on stdout per connection says what was agreed; whether it was
//! resumed, and who a certificate names, this version of rustls does not tell.

use rustls::client::{ClientSessionMemoryCache, StoresClientSessions};
use rustls::server::AllowAnyAuthenticatedClient;
use rustls::{
    kx_group, version, Certificate, ClientConfig, ClientConnection, ConfigBuilder, ConfigSide, ConnectionCommon,
    PrivateKey, ProtocolVersion, RootCertStore, ServerConfig, ServerConnection, SideData, Stream, SupportedKxGroup,
    SupportedProtocolVersion, Ticketer, WantsCipherSuites, WantsVerifier,
};
use std::collections::HashMap;
use std::error::Error;
use std::fs::File;
use std::io::{BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;

const NAME: &str = "server.test";
const LINE: &[u8] = b"a line of payload\n";
const MOST_EARLY: u32 = 4096;

type Asked = HashMap<String, String>;
type Outcome<T> = Result<T, Box<dyn Error>>;

fn open(path: &str) -> Outcome<BufReader<File>> {
    Ok(BufReader::new(File::open(path)?))
}

fn chain(path: &str) -> Outcome<Vec<Certificate>> {
    Ok(rustls_pemfile::certs(&mut open(path)?)?.into_iter().map(Certificate).collect())
}

fn key(path: &str) -> Outcome<PrivateKey> {
    let found = rustls_pemfile::pkcs8_private_keys(&mut open(path)?)?;
    Ok(PrivateKey(found.into_iter().next().ok_or("no key in the file")?))
}

fn authorities(path: &str) -> Outcome<RootCertStore> {
    let mut roots = RootCertStore::empty();
    for each in chain(path)? {
        roots.add(&each)?;
    }
    Ok(roots)
}

fn groups(asked: &Asked) -> Outcome<Vec<&'static SupportedKxGroup>> {
    match asked.get("groups") {
        None => Ok(rustls::ALL_KX_GROUPS.to_vec()),
        Some(names) => names.split(':').map(group).collect(),
    }
}

fn group(name: &str) -> Outcome<&'static SupportedKxGroup> {
    match name {
        "X25519" => Ok(&kx_group::X25519),
        "P-256" => Ok(&kx_group::SECP256R1),
        "P-384" => Ok(&kx_group::SECP384R1),
        _ => Err(format!("rustls has no group {name}").into()),
    }
}

fn versions(asked: &Asked) -> Vec<&'static SupportedProtocolVersion> {
    let min = asked.get("min").map_or("1.2", String::as_str);
    let max = asked.get("max").map_or("1.3", String::as_str);
    let all = [("1.2", &version::TLS12), ("1.3", &version::TLS13)];
    all.into_iter().filter(|(name, _)| (min..=max).contains(name)).map(|(_, each)| each).collect()
}

fn limited<S: ConfigSide>(start: ConfigBuilder<S, WantsCipherSuites>, asked: &Asked) -> Outcome<ConfigBuilder<S, WantsVerifier>> {
    let begun = start.with_safe_default_cipher_suites().with_kx_groups(&groups(asked)?);
    Ok(begun.with_protocol_versions(&versions(asked))?)
}

/// Sessions, but not which group a server took: rustls would begin with that one, and never be asked again for another.
struct Forgetful(Arc<ClientSessionMemoryCache>);

impl StoresClientSessions for Forgetful {
    fn put(&self, key: Vec<u8>, value: Vec<u8>) -> bool {
        !key.starts_with(b"kx-hint") && self.0.put(key, value)
    }

    fn get(&self, key: &[u8]) -> Option<Vec<u8>> {
        self.0.get(key)
    }
}

fn tell<D: SideData>(connection: &ConnectionCommon<D>, early: bool) {
    let version = match connection.protocol_version() {
        Some(ProtocolVersion::TLSv1_3) => "TLS1.3",
        Some(ProtocolVersion::TLSv1_2) => "TLS1.2",
        _ => "-",
    };
    let suite = connection.negotiated_cipher_suite().map_or("-".into(), |each| format!("{:?}", each.suite()));
    let peer = if connection.peer_certificates().is_some() { "unnamed" } else { "-" };
    let early = if early { "taken" } else { "-" };
    println!("agreed version={version} suite={} peer={peer} early={early}", suite.replace("TLS13_", "TLS_"));
}

/// What came early; None where none was taken.
fn early_octets(connection: &mut ServerConnection) -> Outcome<Option<Vec<u8>>> {
    let mut octets = Vec::new();
    match connection.early_data() {
        Some(mut early) => early.read_to_end(&mut octets).map(|_| Some(octets)).map_err(Into::into),
        None => Ok(None),
    }
}

fn serve(port: u16, asked: &Asked, count: usize) -> Outcome<()> {
    let begun = limited(ServerConfig::builder(), asked)?;
    let begun = match asked.get("ca") {
        Some(path) => begun.with_client_cert_verifier(AllowAnyAuthenticatedClient::new(authorities(path)?)),
        None => begun.with_no_client_auth(),
    };
    let mut made = begun.with_single_cert(chain(&asked["cert"])?, key(&asked["key"])?)?;
    match asked.get("early") {
        Some(_) => made.max_early_data_size = MOST_EARLY,
        None => made.ticketer = Ticketer::new()?,
    }
    let (made, listener) = (Arc::new(made), TcpListener::bind(("127.0.0.1", port))?);
    for _ in 0..count {
        let (mut plain, _) = listener.accept()?;
        let mut connection = ServerConnection::new(made.clone())?;
        if asked.get("early").map_or(false, |word| word == "refuse") {
            connection.reject_early_data();
        }
        while connection.is_handshaking() {
            connection.complete_io(&mut plain)?;
        }
        let early = early_octets(&mut connection)?;
        tell(&connection, early.is_some());
        let (mut stream, mut octets) = (Stream::new(&mut connection, &mut plain), [0; 4096]);
        stream.write_all(&early.unwrap_or_default())?;
        loop {
            match stream.read(&mut octets)? {
                0 => break,
                length => stream.write_all(&octets[..length])?,
            }
        }
        connection.send_close_notify();
        connection.complete_io(&mut plain)?;
    }
    Ok(())
}

fn echoed(stream: &mut impl Read, sent: &[u8]) -> Outcome<()> {
    let mut back = vec![0; sent.len()];
    stream.read_exact(&mut back)?;
    if back != sent {
        return Err(format!("the echo is {back:?}").into());
    }
    Ok(())
}

fn connect(port: u16, asked: &Asked, count: usize) -> Outcome<()> {
    let begun = limited(ClientConfig::builder(), asked)?.with_root_certificates(authorities(&asked["ca"])?);
    let mut made = match asked.get("cert") {
        Some(path) => begun.with_single_cert(chain(path)?, key(&asked["key"])?)?,
        None => begun.with_no_client_auth(),
    };
    made.session_storage = Arc::new(Forgetful(ClientSessionMemoryCache::new(8)));
    made.enable_early_data = asked.contains_key("early");
    let early = asked.get("early").map_or(Ok(Vec::new()), std::fs::read)?;
    let lines = asked.get("lines").map_or(Ok(1), |word| word.parse())?;
    let made = Arc::new(made);
    for _ in 0..count {
        let mut plain = TcpStream::connect(("127.0.0.1", port))?;
        let mut connection = ClientConnection::new(made.clone(), NAME.try_into()?)?;
        if let Some(mut sender) = connection.early_data() {
            sender.write_all(&early)?;
        }
        while connection.is_handshaking() {
            connection.complete_io(&mut plain)?;
        }
        let taken = connection.is_early_data_accepted();
        let mut stream = Stream::new(&mut connection, &mut plain);
        if taken {
            echoed(&mut stream, &early)?;
        }
        for _ in 0..lines {
            stream.write_all(LINE)?;
            echoed(&mut stream, LINE)?;
        }
        stream.conn.send_close_notify();
        stream.read_to_end(&mut Vec::new())?; // until their close_notify
        tell(&connection, taken);
    }
    Ok(())
}

fn main() -> Outcome<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let asked: Asked = words[2..].iter().filter_map(|word| word.split_once('=')).map(|(k, v)| (k.into(), v.into())).collect();
    let count = asked.get("count").map_or(Ok(1), |word| word.parse())?;
    match words[0].as_str() {
        "server" => serve(words[1].parse()?, &asked, count),
        _ => connect(words[1].parse()?, &asked, count),
    }
}

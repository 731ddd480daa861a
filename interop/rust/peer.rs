// SPDX-License-Identifier: MIT
//! rustls 0.20, which Debian 12 has, as a client and as a server.
//!
//!     peer server PORT cert=FILE key=FILE [ca=FILE] [count=N] …     echoes; with ca it requires client certificates
//!     peer client PORT ca=FILE [cert=FILE key=FILE] [count=N] …     sends a line and wants it back, N times, resuming
//!
//! Both: min=1.2|1.3, max=1.2|1.3, groups=X25519:P-256:P-384. A line on stdout per connection says what was agreed; whether it was
//! resumed, and who a certificate names, this version of rustls does not tell.

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

fn tell<D: SideData>(connection: &ConnectionCommon<D>) {
    let version = match connection.protocol_version() {
        Some(ProtocolVersion::TLSv1_3) => "TLS1.3",
        Some(ProtocolVersion::TLSv1_2) => "TLS1.2",
        _ => "-",
    };
    let suite = connection.negotiated_cipher_suite().map_or("-".into(), |each| format!("{:?}", each.suite()));
    let peer = if connection.peer_certificates().is_some() { "unnamed" } else { "-" };
    println!("agreed version={version} suite={} peer={peer}", suite.replace("TLS13_", "TLS_"));
}

fn serve(port: u16, asked: &Asked, count: usize) -> Outcome<()> {
    let begun = limited(ServerConfig::builder(), asked)?;
    let begun = match asked.get("ca") {
        Some(path) => begun.with_client_cert_verifier(AllowAnyAuthenticatedClient::new(authorities(path)?)),
        None => begun.with_no_client_auth(),
    };
    let mut made = begun.with_single_cert(chain(&asked["cert"])?, key(&asked["key"])?)?;
    made.ticketer = Ticketer::new()?;
    let (made, listener) = (Arc::new(made), TcpListener::bind(("127.0.0.1", port))?);
    for _ in 0..count {
        let (mut plain, _) = listener.accept()?;
        let mut connection = ServerConnection::new(made.clone())?;
        while connection.is_handshaking() {
            connection.complete_io(&mut plain)?;
        }
        tell(&connection);
        let (mut stream, mut octets) = (Stream::new(&mut connection, &mut plain), [0; 4096]);
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

fn connect(port: u16, asked: &Asked, count: usize) -> Outcome<()> {
    let begun = limited(ClientConfig::builder(), asked)?.with_root_certificates(authorities(&asked["ca"])?);
    let made = Arc::new(match asked.get("cert") {
        Some(path) => begun.with_single_cert(chain(path)?, key(&asked["key"])?)?,
        None => begun.with_no_client_auth(),
    });
    for _ in 0..count {
        let mut plain = TcpStream::connect(("127.0.0.1", port))?;
        let mut connection = ClientConnection::new(made.clone(), NAME.try_into()?)?;
        let mut stream = Stream::new(&mut connection, &mut plain);
        let mut back = vec![0; LINE.len()];
        stream.write_all(LINE)?;
        stream.read_exact(&mut back)?;
        if back != LINE {
            return Err(format!("the echo is {back:?}").into());
        }
        stream.conn.send_close_notify();
        stream.read_to_end(&mut back)?; // until their close_notify
        tell(&connection);
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

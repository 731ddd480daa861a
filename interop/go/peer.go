// SPDX-License-Identifier: MIT

// Go's crypto/tls as a client and as a server, with nothing but the standard library of Go 1.19.
//
//	peer server PORT cert=FILE key=FILE [ca=FILE] [count=N] …     echoes; with ca it requires client certificates
//	peer client PORT ca=FILE [cert=FILE key=FILE] [count=N] …     sends a line and wants it back, N times, resuming; lines=N in each
//
// Both: min=1.2|1.3, max=1.2|1.3, groups=X25519:P-256:P-384:P-521. A line on stdout per connection says what was agreed.
package main

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"strings"
)

const name, line = "server.test", "a line of payload\n"

var versions = map[string]uint16{"1.2": tls.VersionTLS12, "1.3": tls.VersionTLS13}
var groups = map[string]tls.CurveID{"X25519": tls.X25519, "P-256": tls.CurveP256, "P-384": tls.CurveP384, "P-521": tls.CurveP521}

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "go:", err)
		os.Exit(1)
	}
}

func authorities(path string) *x509.CertPool {
	pool, text := x509.NewCertPool(), must2(os.ReadFile(path))
	if !pool.AppendCertsFromPEM(text) {
		must(fmt.Errorf("no certificate in %s", path))
	}
	return pool
}

func must2[T any](value T, err error) T {
	must(err)
	return value
}

func configuration(asked map[string]string) *tls.Config {
	made := &tls.Config{MinVersion: versions[asked["min"]], MaxVersion: versions[asked["max"]], ServerName: name}
	made.ClientSessionCache = tls.NewLRUClientSessionCache(4)
	if asked["cert"] != "" {
		made.Certificates = []tls.Certificate{must2(tls.LoadX509KeyPair(asked["cert"], asked["key"]))}
	}
	if asked["ca"] != "" {
		made.RootCAs = authorities(asked["ca"])
		made.ClientCAs, made.ClientAuth = made.RootCAs, tls.RequireAndVerifyClientCert
	}
	for _, group := range strings.Split(asked["groups"], ":") {
		if group != "" {
			made.CurvePreferences = append(made.CurvePreferences, groups[group])
		}
	}
	return made
}

func tell(connection *tls.Conn) {
	seen, peer, yes := connection.ConnectionState(), "-", map[bool]string{true: "yes", false: "no"}
	if len(seen.PeerCertificates) > 0 {
		peer = seen.PeerCertificates[0].Subject.CommonName
	}
	version := "TLS 1." + strconv.Itoa(int(seen.Version)-tls.VersionTLS10)
	fmt.Printf("agreed version=%s suite=%s resumed=%s peer=%s\n", strings.ReplaceAll(version, " ", ""), tls.CipherSuiteName(seen.CipherSuite), yes[seen.DidResume], peer)
}

func serve(address string, made *tls.Config, count int) {
	listener := must2(net.Listen("tcp", address))
	for i := 0; i < count; i++ {
		connection := tls.Server(must2(listener.Accept()), made)
		must(connection.Handshake())
		tell(connection)
		_, err := io.Copy(connection, connection)
		must(err)
		must(connection.Close())
	}
}

func connect(address string, made *tls.Config, count, lines int) {
	for i := 0; i < count; i++ {
		connection := must2(tls.Dial("tcp", address, made))
		reader := bufio.NewReader(connection)
		for j := 0; j < lines; j++ {
			must2(io.WriteString(connection, line))
			if back := must2(reader.ReadString('\n')); back != line {
				must(fmt.Errorf("the echo is %q", back))
			}
		}
		tell(connection)
		must(connection.CloseWrite())
		must2(io.Copy(io.Discard, reader)) // until their close_notify
		connection.Close()
	}
}

func main() {
	asked := map[string]string{"count": "1", "lines": "1"}
	for _, word := range os.Args[3:] {
		key, value, _ := strings.Cut(word, "=")
		asked[key] = value
	}
	address, made, count := "127.0.0.1:"+os.Args[2], configuration(asked), must2(strconv.Atoi(asked["count"]))
	if os.Args[1] == "server" {
		serve(address, made, count)
	} else {
		connect(address, made, count, must2(strconv.Atoi(asked["lines"])))
	}
}

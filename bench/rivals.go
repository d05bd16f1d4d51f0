package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"time"

	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/card"
	"github.com/tillpos/till/processors/trustcommerce"
	"github.com/tillpos/till/processors/trustcommerce/tctest"
)

// clientTLS trusts what the terminal trusts, and keeps no session either.
func (c *counter) clientTLS() (*tls.Config, error) {
	pem, err := os.ReadFile(c.host.text("ca_file"))
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, errors.New("the host's CA file holds no certificate")
	}
	return &tls.Config{RootCAs: pool, ServerName: "localhost", MinVersion: tls.VersionTLS12, SessionTicketsDisabled: true}, nil
}

// handshake connects and verifies, and says how long that took.
func handshake(ctx context.Context, address string, settings *tls.Config) (*tls.Conn, time.Duration, error) {
	began := time.Now()
	raw, err := (&net.Dialer{}).DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, 0, err
	}
	raw.SetDeadline(began.Add(saleTime))
	conn := tls.Client(raw, settings)
	if err := conn.HandshakeContext(ctx); err != nil {
		raw.Close()
		return nil, 0, err
	}
	return conn, time.Since(began), nil
}

// endOfBlock ends a request and an answer of TCLink.
var endOfBlock = []byte("END\n")

// exchange sends bytes over a connection of its own and waits for the whole answer.
func exchange(ctx context.Context, address string, settings *tls.Config, request []byte) error {
	conn, _, err := handshake(ctx, address, settings)
	if err != nil {
		return err
	}
	defer conn.Close()
	if _, err := conn.Write(request); err != nil {
		return err
	}
	answer, err := readBlock(conn)
	if err == nil && !bytes.Contains(answer, []byte("status=approved\n")) {
		err = errors.New("the host did not approve the floor's request")
	}
	return err
}

func readBlock(conn net.Conn) ([]byte, error) {
	var all []byte
	buffer := make([]byte, 4096)
	for !bytes.HasSuffix(all, endOfBlock) {
		n, err := conn.Read(buffer)
		all = append(all, buffer[:n]...)
		if err != nil {
			return nil, err
		}
	}
	return all, nil
}

// recordRequest gives the bytes that the terminal's client sends for a typed sale: it lets the client
// talk to a listener that only listens.
func recordRequest(ctx context.Context, random *rand.Rand) ([]byte, error) {
	authority, err := tctest.NewAuthority(time.Now())
	if err != nil {
		return nil, err
	}
	l, err := tls.Listen("tcp", "127.0.0.1:0", authority.ServerTLS())
	if err != nil {
		return nil, err
	}
	defer l.Close()
	client, err := trustcommerce.New(trustcommerce.Config{
		Hosts: []string{l.Addr().String()}, VerifyName: "localhost", RootCAs: authority.Pool(), CustID: "TestMerchant", Password: "password", Demo: true,
	})
	if err != nil {
		return nil, err
	}
	type record struct {
		bytes []byte
		err   error
	}
	heard := make(chan record, 1)
	go func() {
		conn, err := l.Accept()
		if err != nil {
			heard <- record{nil, err}
			return
		}
		defer conn.Close()
		conn.SetDeadline(time.Now().Add(saleTime))
		b, err := readBlock(conn)
		heard <- record{b, err}
	}()
	ctx, cancel := context.WithTimeout(ctx, saleTime)
	defer cancel()
	request, err := typedSale(random)
	if err != nil {
		return nil, err
	}
	if a := client.Authorize(ctx, request); a.State != pos.StateUnknown {
		l.Close()
		<-heard
		return nil, fmt.Errorf("the client's request could not be recorded: %s", a.State)
	}
	r := <-heard
	return r.bytes, r.err
}

func typedSale(random *rand.Rand) (pos.Request, error) {
	digits := digitsOfCard(random)
	defer clear(digits)
	pan, err := card.NewPAN(digits)
	if err != nil {
		return pos.Request{}, err
	}
	expiry, err := card.ParseMMYY(expiryMMYY)
	return pos.Request{
		Payment:     pos.Payment{Kind: pos.KindSale, Ref: "1-261122-BCDFG-1000", Requested: amount(random)},
		Credentials: pos.Credentials{Card: card.Card{PAN: pan, Expiry: expiry, Entry: card.EntryKeyed}},
	}, err
}

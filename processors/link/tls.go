package link

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
)

// Trust says which certificates are believed, and for which name.
type Trust struct {
	Name   string         // the name that the certificate has to carry
	CAFile string         // PEM; its certificates are the only roots
	Roots  *x509.CertPool // used if there is no CAFile; nil: the system's
}

// ErrNoName means that no name to verify is configured. Without one nothing could be verified.
var ErrNoName = errors.New("link: no name to verify the host's certificate against")

// TLS builds the client configuration: TLS 1.2 at least, verification always on, no session kept.
func (t Trust) TLS() (*tls.Config, error) {
	if t.Name == "" {
		return nil, ErrNoName
	}
	roots, err := t.pool()
	if err != nil {
		return nil, err
	}
	return &tls.Config{
		MinVersion:             tls.VersionTLS12,
		ServerName:             t.Name,
		RootCAs:                roots,
		SessionTicketsDisabled: true, // one transaction, one full handshake; ClientSessionCache stays nil
	}, nil
}

func (t Trust) pool() (*x509.CertPool, error) {
	if t.CAFile == "" {
		return t.Roots, nil
	}
	pem, err := os.ReadFile(t.CAFile)
	if err != nil {
		return nil, fmt.Errorf("link: CA file: %w", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("link: CA file %s holds no certificate in PEM form", t.CAFile)
	}
	return pool, nil
}

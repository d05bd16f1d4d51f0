package tctest

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"math/big"
	"net"
	"time"
)

// publicNames are the names of the gateway that the leaf stands for.
var publicNames = []string{"localhost", "pgw1.trustcommerce.com", "gateway2048.trustcommerce.com", "vault.trustcommerce.com"}

// Authority is a certificate authority of its own with one leaf: RSA-2048, for localhost, 127.0.0.1, ::1
// and the gateway's public names.
type Authority struct {
	CA    []byte // certificate, PEM
	leaf  tls.Certificate
	ca    *x509.Certificate
	caKey crypto.Signer
	pem   []byte // CA, leaf, the leaf's key and the CA's
}

// NewAuthority makes keys that are valid from an hour before now, for ten years.
func NewAuthority(now time.Time) (*Authority, error) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return nil, err
	}
	return newAuthority(now, key, publicNames, []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback})
}

// NewStranger makes an authority that no client trusts, whose leaf names another host.
func NewStranger(now time.Time) (*Authority, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	return newAuthority(now, key, []string{"stranger.invalid"}, nil)
}

func newAuthority(now time.Time, leafKey crypto.Signer, names []string, ips []net.IP) (*Authority, error) {
	caKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	ca := &x509.Certificate{
		SerialNumber: big.NewInt(now.UnixNano()), Subject: pkix.Name{CommonName: "Till simulator CA"},
		NotBefore: now.Add(-time.Hour), NotAfter: now.AddDate(10, 0, 0),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	leaf := &x509.Certificate{
		SerialNumber: big.NewInt(now.UnixNano() + 1), Subject: pkix.Name{CommonName: names[len(names)-1]},
		NotBefore: ca.NotBefore, NotAfter: ca.NotAfter, DNSNames: names, IPAddresses: ips,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageKeyEncipherment, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	caDER, err := x509.CreateCertificate(rand.Reader, ca, ca, &caKey.PublicKey, caKey)
	if err != nil {
		return nil, err
	}
	leafDER, err := x509.CreateCertificate(rand.Reader, leaf, ca, leafKey.Public(), caKey)
	if err != nil {
		return nil, err
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(leafKey)
	if err != nil {
		return nil, err
	}
	var all []byte
	all = append(all, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: caDER})...)
	all = append(all, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: leafDER})...)
	all = append(all, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER})...)
	caKeyDER, err := x509.MarshalECPrivateKey(caKey)
	if err != nil {
		return nil, err
	}
	all = append(all, pem.EncodeToMemory(&pem.Block{Type: caKeyBlock, Bytes: caKeyDER})...)
	return LoadAuthority(all)
}

// caKeyBlock is last in an authority's file, after the leaf's key.
const caKeyBlock = "EC PRIVATE KEY"

// LoadAuthority reads what PEM gave. It errs when the blocks are not all there.
func LoadAuthority(b []byte) (*Authority, error) {
	ca, rest := pem.Decode(b)
	if ca == nil {
		return nil, errors.New("tctest: no certificate in the authority's file")
	}
	leaf, err := tls.X509KeyPair(rest, rest)
	if err != nil {
		return nil, err
	}
	leaf.Certificate = append(leaf.Certificate, ca.Bytes)
	a := &Authority{CA: pem.EncodeToMemory(ca), leaf: leaf, pem: b}
	if a.ca, err = x509.ParseCertificate(ca.Bytes); err != nil {
		return nil, err
	}
	for block, rest := pem.Decode(rest); block != nil; block, rest = pem.Decode(rest) {
		if block.Type != caKeyBlock {
			continue
		}
		if a.caKey, err = x509.ParseECPrivateKey(block.Bytes); err != nil {
			return nil, err
		}
	}
	if a.caKey == nil {
		return nil, errors.New("tctest: no key of the authority in its file")
	}
	return a, nil
}

// Expired is a server's side whose certificate is this authority's and ended an hour before now.
func (a *Authority) Expired(now time.Time) (*tls.Config, error) {
	return a.sign(&x509.Certificate{NotBefore: now.Add(-48 * time.Hour), NotAfter: now.Add(-time.Hour), DNSNames: publicNames,
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback}})
}

// ForOtherName is a server's side whose certificate is this authority's and names another host.
func (a *Authority) ForOtherName(now time.Time) (*tls.Config, error) {
	return a.sign(&x509.Certificate{NotBefore: now.Add(-time.Hour), NotAfter: now.AddDate(10, 0, 0), DNSNames: []string{"stranger.invalid"}})
}

// sign makes a certificate over the leaf's own key, so that no other RSA key has to be made.
func (a *Authority) sign(c *x509.Certificate) (*tls.Config, error) {
	key, ok := a.leaf.PrivateKey.(crypto.Signer)
	if !ok {
		return nil, errors.New("tctest: the leaf's key cannot sign")
	}
	c.SerialNumber, c.Subject = big.NewInt(c.NotAfter.UnixNano()), pkix.Name{CommonName: c.DNSNames[0]}
	c.KeyUsage, c.ExtKeyUsage = x509.KeyUsageDigitalSignature|x509.KeyUsageKeyEncipherment, []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	der, err := x509.CreateCertificate(rand.Reader, c, a.ca, key.Public(), a.caKey)
	if err != nil {
		return nil, err
	}
	leaf := tls.Certificate{Certificate: [][]byte{der, a.ca.Raw}, PrivateKey: key}
	return &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{leaf}}, nil
}

// PEM is the whole authority, both keys included, for a file that keeps it over restarts; LoadAuthority reads it.
func (a *Authority) PEM() []byte { return a.pem }

// ServerTLS is the server's side: TLS 1.2 or newer, no server name needed.
func (a *Authority) ServerTLS() *tls.Config {
	return &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{a.leaf}}
}

// Pool trusts this authority alone.
func (a *Authority) Pool() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(a.CA)
	return pool
}

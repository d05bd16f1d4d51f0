package link

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"slices"
	"strconv"
)

// Dialer opens a connection; it returns when ctx ends. net.Dialer.DialContext is one.
type Dialer func(ctx context.Context, network, address string) (net.Conn, error)

// Resolver finds the IPv4 addresses of a name.
type Resolver func(ctx context.Context, name string) ([]netip.Addr, error)

// SystemResolver asks the operating system for A records.
func SystemResolver(ctx context.Context, name string) ([]netip.Addr, error) {
	return net.DefaultResolver.LookupNetIP(ctx, "ip4", name)
}

// DefaultPort is where the gateway listens.
const DefaultPort = 443

// ErrAddress means that a configured host is neither name, name:port, address nor address:port.
var ErrAddress = errors.New("link: not a host name or address with an optional port")

// SplitHost reads a configured host; the port is optional.
func SplitHost(text string) (host string, port uint16, err error) {
	host, digits, err := net.SplitHostPort(text)
	if err != nil {
		host, digits = text, strconv.Itoa(DefaultPort)
	}
	n, err := strconv.ParseUint(digits, 10, 16)
	if err != nil || n == 0 || host == "" {
		return "", 0, ErrAddress
	}
	return host, uint16(n), nil
}

// Sort puts addresses in the order of the public clients: descending by the 32 bits as a little-endian
// machine reads them, so that the last octet counts most. Equal addresses keep their order; IPv6,
// which those clients do not know, comes last.
func Sort(addresses []netip.AddrPort) {
	slices.SortStableFunc(addresses, func(a, b netip.AddrPort) int {
		x, y := weight(a.Addr()), weight(b.Addr())
		switch {
		case x > y:
			return -1
		case x < y:
			return 1
		}
		return 0
	})
}

func weight(a netip.Addr) int64 {
	a = a.Unmap()
	if !a.Is4() {
		return -1
	}
	o := a.As4()
	return int64(o[3])<<24 | int64(o[2])<<16 | int64(o[1])<<8 | int64(o[0])
}

// Start is the index of the first host to try, the same for a merchant each time, so that merchants
// spread over the hosts: n/100 + n%100 of the number that the customer id starts with, modulo the
// number of hosts.
func Start(custID string, hosts int) int {
	if hosts < 1 {
		return 0
	}
	if custID == "" {
		return 1 % hosts
	}
	var n int64
	for _, c := range []byte(custID) {
		if c < '0' || c > '9' || n > 1e17 {
			break
		}
		n = n*10 + int64(c-'0')
	}
	return int((n/100 + n%100) % int64(hosts))
}

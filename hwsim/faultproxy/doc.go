// Package faultproxy is a network that loses, resets, delays and swallows: it passes TCP connections on to one
// address and mistreats them as its control interface says. It knows nothing of what goes through it.
package faultproxy

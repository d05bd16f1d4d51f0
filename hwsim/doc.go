// Package hwsim holds what simulated devices share: sockets, and an HTTP control address beside each.
package hwsim

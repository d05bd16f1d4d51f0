package dukpt

import (
	"encoding/binary"
	"math/bits"
)

const (
	tdesCounterBits = 21
	tdesCounterMask = 1<<tdesCounterBits - 1
	tdesMostOnes    = 10 // bits set in a counter that a device uses
)

// shift is what makes the right half of a derived key differ from the left one.
var shift = [16]byte{0xC0, 0xC0, 0xC0, 0xC0, 0, 0, 0, 0, 0xC0, 0xC0, 0xC0, 0xC0, 0, 0, 0, 0}

// tdesInitialKey derives the initial key of a device from the BDK (16 bytes).
func tdesInitialKey(bdk, ksn []byte) []byte {
	// The first 8 of the 10 bytes hold the top 5 of the 21 bits of the counter.
	var serial [8]byte
	copy(serial[:], ksn)
	serial[7] &^= 1<<(tdesCounterBits-16) - 1
	out := make([]byte, 16)
	tdes(bdk).Encrypt(out[:8], serial[:])
	tdes(xored(bdk, shift[:])).Encrypt(out[8:], serial[:])
	return out
}

// tdesTransactionKey derives a transaction's key from the initial key.
func tdesTransactionKey(initial, ksn []byte) []byte {
	low := binary.BigEndian.Uint64(ksn[2:])
	counter := low & tdesCounterMask
	register := low &^ tdesCounterMask
	key := append([]byte(nil), initial...)
	for bit := uint64(1) << (tdesCounterBits - 1); bit > 0; bit >>= 1 {
		if counter&bit == 0 {
			continue
		}
		register |= bit
		var r [8]byte
		binary.BigEndian.PutUint64(r[:], register)
		key = append(step(xored(key, shift[:]), r[:]), step(key, r[:])...)
	}
	return key
}

// step makes 8 bytes of a key and a register; it cannot be gone back.
func step(key, register []byte) []byte {
	out := xored(register, key[8:])
	single(key[:8]).Encrypt(out, out)
	return xored(out, key[8:])
}

func xored(a, b []byte) []byte {
	out := make([]byte, len(a))
	for i := range a {
		out[i] = a[i] ^ b[i]
	}
	return out
}

// variants say at which byte of each half a use is told by FF.
var variants = map[Usage]int{PIN: 7, MACRequest: 6, MACResponse: 4, DataRequest: 5, DataResponse: 3}

// tdesWorkingKey makes the key for a use of a transaction's key.
func tdesWorkingKey(transaction []byte, u Usage) ([]byte, error) {
	at, ok := variants[u]
	if !ok {
		return nil, ErrUsage
	}
	key := append([]byte(nil), transaction...)
	key[at] ^= 0xFF
	key[8+at] ^= 0xFF
	if u != DataRequest && u != DataResponse {
		return key, nil
	}
	out := make([]byte, 16)
	tdes(key).Encrypt(out[:8], key[:8])
	tdes(key).Encrypt(out[8:], key[8:])
	return out, nil
}

// nextCounter is the device's rule: the next value with at most most bits set below 1<<width.
func nextCounter(counter uint64, width, most int) (uint64, error) {
	counter++
	for bits.OnesCount64(counter) > most {
		counter += counter & -counter
	}
	if counter >= 1<<width {
		return 0, ErrExhausted
	}
	return counter, nil
}

// tdesMAC is ANSI X9.19: a DES chain under the left half, whose last block goes through the right half
// and the left one again.
func tdesMAC(key, data []byte) []byte {
	left, right := single(key[:8]), single(key[8:])
	mac := make([]byte, 8)
	for at := 0; at == 0 || at < len(data); at += 8 {
		var block [8]byte
		copy(block[:], data[at:])
		mac = xored(mac, block[:])
		left.Encrypt(mac, mac)
	}
	right.Decrypt(mac, mac)
	left.Encrypt(mac, mac)
	return mac
}

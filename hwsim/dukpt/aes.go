package dukpt

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/binary"
)

const (
	aesCounterBits = 32
	aesMostOnes    = 16 // bits set in a counter that a device uses
)

// usages are the key usage indicators of X9.24-3.
var usages = map[Usage]uint16{
	initialKeyUse: 0x8001, derivationUse: 0x8000, KeyEncryption: 0x0002, PIN: 0x1000,
	MACRequest: 0x2000, MACResponse: 0x2001, MACBoth: 0x2002, DataRequest: 0x3000, DataResponse: 0x3001, DataBoth: 0x3002,
}

// algorithms are the algorithm indicators of X9.24-3.
var algorithms = map[Algorithm]uint16{AES128: 2, AES192: 3, AES256: 4}

// deriveAES makes a key of the same algorithm as the one it is derived from.
func deriveAES(key []byte, a Algorithm, u Usage, last [8]byte) ([]byte, error) {
	usage, ok := usages[u]
	if !ok {
		return nil, ErrUsage
	}
	c, err := aes.NewCipher(key)
	if err != nil {
		return nil, ErrKey
	}
	size := a.keyBytes()
	var out []byte
	for number := byte(1); len(out) < size; number++ {
		var block [16]byte
		block[0], block[1] = 1, number
		binary.BigEndian.PutUint16(block[2:], usage)
		binary.BigEndian.PutUint16(block[4:], algorithms[a])
		binary.BigEndian.PutUint16(block[6:], uint16(8*size))
		copy(block[8:], last[:])
		c.Encrypt(block[:], block[:])
		out = append(out, block[:]...)
	}
	return out[:size], nil
}

func aesInitialKey(bdk []byte, a Algorithm, ksn []byte) ([]byte, error) {
	return deriveAES(bdk, a, initialKeyUse, [8]byte(ksn[:8]))
}

// aesTransactionKey is the derivation key of the KSN's counter.
func aesTransactionKey(initial []byte, a Algorithm, ksn []byte) ([]byte, error) {
	counter := binary.BigEndian.Uint32(ksn[8:])
	key, done := initial, uint32(0)
	for bit := uint32(1) << (aesCounterBits - 1); bit > 0; bit >>= 1 {
		if counter&bit == 0 {
			continue
		}
		done |= bit
		var err error
		if key, err = deriveAES(key, a, derivationUse, deviceAnd(ksn, done)); err != nil {
			return nil, err
		}
	}
	return key, nil
}

func deviceAnd(ksn []byte, counter uint32) (last [8]byte) {
	copy(last[:], ksn[4:8])
	binary.BigEndian.PutUint32(last[4:], counter)
	return last
}

func aesWorkingKey(transaction []byte, a Algorithm, ksn []byte, u Usage) ([]byte, error) {
	return deriveAES(transaction, a, u, [8]byte(ksn[4:12]))
}

// cmac is that of RFC 4493, for a cipher with blocks of 16 bytes.
func cmac(c cipher.Block, data []byte) []byte {
	whole, last := data, []byte(nil)
	if n := len(data); n > 0 {
		at := (n - 1) / 16 * 16
		whole, last = data[:at], data[at:]
	}
	sub := make([]byte, 16)
	c.Encrypt(sub, sub)
	sub = double(sub)
	block := make([]byte, 16)
	copy(block, last)
	if len(last) < 16 {
		block[len(last)] = 0x80
		sub = double(sub)
	}
	mac := make([]byte, 16)
	for ; len(whole) > 0; whole = whole[16:] {
		mac = xored(mac, whole[:16])
		c.Encrypt(mac, mac)
	}
	mac = xored(mac, xored(block, sub))
	c.Encrypt(mac, mac)
	return mac
}

// double multiplies by x in the field of 2^128 elements.
func double(b []byte) []byte {
	out := make([]byte, 16)
	for i := range 15 {
		out[i] = b[i]<<1 | b[i+1]>>7
	}
	out[15] = b[15]<<1 ^ 0x87*(b[0]>>7)
	return out
}

package dukpt

import (
	"crypto/cipher"
	"encoding/binary"
	"encoding/hex"
	"math/bits"
	"strings"
)

// Usage is what a working key is for. Both is AES only, as is KeyEncryption.
type Usage string

const (
	PIN           Usage = "pin"
	MACRequest    Usage = "mac-request"  // AES: generation
	MACResponse   Usage = "mac-response" // AES: verification
	MACBoth       Usage = "mac-both"
	DataRequest   Usage = "data-request"  // AES: encryption
	DataResponse  Usage = "data-response" // AES: decryption
	DataBoth      Usage = "data-both"
	KeyEncryption Usage = "kek"

	initialKeyUse Usage = "initial"
	derivationUse Usage = "derivation"
)

// Usages are those that WorkingKey takes.
func Usages() []Usage {
	return []Usage{PIN, MACRequest, MACResponse, MACBoth, DataRequest, DataResponse, DataBoth, KeyEncryption}
}

// KSN is a key serial number with the algorithm whose keys it numbers.
type KSN struct {
	Algorithm Algorithm
	bytes     []byte
}

// ParseKSN reads hexadecimal digits; left out leading F's, as PIN pads leave them out, are put back with
// TDES. It errs with ErrAlgorithm and ErrKSN.
func ParseKSN(a Algorithm, text string) (KSN, error) {
	if a.keyBytes() == 0 {
		return KSN{}, ErrAlgorithm
	}
	if n := 2 * a.ksnBytes(); a == TDES && len(text) >= 10 && len(text) < n {
		text = strings.Repeat("F", n-len(text)) + text
	}
	b, err := hex.DecodeString(text)
	if err != nil || len(b) != a.ksnBytes() {
		return KSN{}, ErrKSN
	}
	return KSN{a, b}, nil
}

// String is the KSN in hexadecimal digits. It is no secret.
func (k KSN) String() string { return strings.ToUpper(hex.EncodeToString(k.bytes)) }

// Counter is the transaction counter.
func (k KSN) Counter() uint32 {
	n := binary.BigEndian.Uint32(k.bytes[len(k.bytes)-4:])
	if k.Algorithm == TDES {
		n &= tdesCounterMask
	}
	return n
}

// Usable says whether a device ever uses the counter: not 0, and not with too many bits set.
func (k KSN) Usable() bool {
	_, most := k.rule()
	c := k.Counter()
	return c != 0 && bits.OnesCount32(c) <= most
}

func (k KSN) rule() (width, most int) {
	if k.Algorithm == TDES {
		return tdesCounterBits, tdesMostOnes
	}
	return aesCounterBits, aesMostOnes
}

// Next is the KSN of the device's next transaction. It errs with ErrExhausted after the last one.
func (k KSN) Next() (KSN, error) {
	width, most := k.rule()
	c, err := nextCounter(uint64(k.Counter()), width, most)
	if err != nil {
		return KSN{}, err
	}
	return k.WithCounter(uint32(c)), nil
}

// WithCounter is the same device's KSN at another transaction. Bits beyond the counter's width are dropped.
func (k KSN) WithCounter(c uint32) KSN {
	out := KSN{k.Algorithm, append([]byte(nil), k.bytes...)}
	tail := out.bytes[len(out.bytes)-4:]
	if k.Algorithm == TDES {
		c = binary.BigEndian.Uint32(tail)&^tdesCounterMask | c&tdesCounterMask
	}
	binary.BigEndian.PutUint32(tail, c)
	return out
}

// InitialKey derives the device's initial key from the base derivation key. It errs with ErrKey.
func InitialKey(bdk Key, k KSN) (Key, error) {
	if len(bdk.bytes) != k.Algorithm.keyBytes() {
		return Key{}, ErrKey
	}
	if k.Algorithm == TDES {
		return Key{tdesInitialKey(bdk.bytes, k.bytes)}, nil
	}
	b, err := aesInitialKey(bdk.bytes, k.Algorithm, k.bytes)
	return Key{b}, err
}

// TransactionKey derives the key of the KSN's transaction from the initial key. Any counter can be
// computed; Usable tells whether a device would. It errs with ErrKey.
func TransactionKey(initial Key, k KSN) (Key, error) {
	if len(initial.bytes) != k.Algorithm.keyBytes() {
		return Key{}, ErrKey
	}
	if k.Algorithm == TDES {
		return Key{tdesTransactionKey(initial.bytes, k.bytes)}, nil
	}
	b, err := aesTransactionKey(initial.bytes, k.Algorithm, k.bytes)
	return Key{b}, err
}

// WorkingKey makes the key for one use of a transaction's key. It errs with ErrKey and ErrUsage.
func WorkingKey(transaction Key, k KSN, u Usage) (Key, error) {
	if len(transaction.bytes) != k.Algorithm.keyBytes() {
		return Key{}, ErrKey
	}
	var b []byte
	var err error
	if k.Algorithm == TDES {
		b, err = tdesWorkingKey(transaction.bytes, u)
	} else {
		b, err = aesWorkingKey(transaction.bytes, k.Algorithm, k.bytes, u)
	}
	return Key{b}, err
}

// KeyFor goes the whole way from the base derivation key to the key for one use. It errs with ErrKey and
// ErrUsage.
func KeyFor(bdk Key, k KSN, u Usage) (Key, error) {
	initial, err := InitialKey(bdk, k)
	if err != nil {
		return Key{}, err
	}
	transaction, err := TransactionKey(initial, k)
	if err != nil {
		return Key{}, err
	}
	return WorkingKey(transaction, k, u)
}

// MAC authenticates data under a working key: X9.19 (8 bytes) or CMAC (16 bytes).
func MAC(key Key, a Algorithm, data []byte) ([]byte, error) {
	c, err := key.Cipher(a)
	if err != nil {
		return nil, err
	}
	if a == TDES {
		return tdesMAC(key.bytes, data), nil
	}
	return cmac(c, data), nil
}

// Encrypt enciphers data under a working key: CBC, no initial value, padded with zeros.
func Encrypt(key Key, a Algorithm, data []byte) ([]byte, error) {
	c, err := key.Cipher(a)
	if err != nil {
		return nil, err
	}
	n := c.BlockSize()
	out := make([]byte, (len(data)+n-1)/n*n)
	copy(out, data)
	cipher.NewCBCEncrypter(c, make([]byte, n)).CryptBlocks(out, out)
	return out, nil
}

// Decrypt takes Encrypt back; the zeros of the padding stay. It errs with ErrKey and ErrBlocks.
func Decrypt(key Key, a Algorithm, data []byte) ([]byte, error) {
	c, err := key.Cipher(a)
	if err != nil {
		return nil, err
	}
	if len(data)%c.BlockSize() != 0 {
		return nil, ErrBlocks
	}
	out := make([]byte, len(data))
	cipher.NewCBCDecrypter(c, make([]byte, c.BlockSize())).CryptBlocks(out, data)
	return out, nil
}

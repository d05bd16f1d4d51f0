package dukpt

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math/bits"
	"os"
	"strings"
	"testing"

	"pgregory.net/rapid"

	_ "github.com/tillpos/till/ci/seed"
)

type tdesRow struct {
	KSN            string
	TransactionKey string `json:"transaction_key"`
	PINKey         string `json:"pin_key"`
	MACKey         string `json:"mac_request_key"`
	MAC            string `json:"mac_request_4012345678909D987"`
	MAC4           string `json:"mac4_of_40_digits_1234567890x4"`
}

type aesRow struct {
	Counter       uint32
	DerivationKey string `json:"derivation_key"`
	PINKey        string `json:"pin_key"`
	MACKey        string `json:"mac_gen_key"`
	DataKey       string `json:"data_enc_key"`
}

type vectors struct {
	TDES struct {
		BDK, IPEK string
		Rows      []tdesRow
	} `json:"tdes_dukpt"`
	AES struct {
		BDK          string
		InitialKey   string `json:"initial_key"`
		InitialKeyID string `json:"initial_key_id"`
		Rows         []aesRow
	} `json:"aes_dukpt"`
	IDTech struct {
		BDK, KSN, Frame, Track1, Track2 string
		DataKey                         string `json:"data_key"`
	} `json:"idtech_original"`
}

func read(t *testing.T) (v vectors) {
	t.Helper()
	text, err := os.ReadFile("../../testdata/devices/hardware_vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func TestPublishedTDES(t *testing.T) {
	v := read(t).TDES
	if len(v.Rows) < 20 {
		t.Fatalf("only %d rows", len(v.Rows))
	}
	bdk := must(ParseKey(v.BDK))
	for _, row := range v.Rows {
		k := must(ParseKSN(TDES, row.KSN))
		initial := must(InitialKey(bdk, k))
		transaction := must(TransactionKey(initial, k))
		mac := must(KeyFor(bdk, k, MACRequest))
		for name, pair := range map[string][2]string{
			"initial key":     {initial.Hex(), v.IPEK},
			"transaction key": {transaction.Hex(), row.TransactionKey},
			"PIN key":         {must(KeyFor(bdk, k, PIN)).Hex(), row.PINKey},
			"MAC key":         {mac.Hex(), row.MACKey},
			"MAC":             {upper(must(MAC(mac, TDES, []byte("4012345678909D987")))), row.MAC},
			"MAC of 40":       {upper(must(MAC(mac, TDES, []byte(strings.Repeat("1234567890", 4))))[:4]), row.MAC4},
		} {
			if pair[0] != pair[1] {
				t.Errorf("%s: the %s is wrong", row.KSN, name)
			}
		}
		if !k.Usable() {
			t.Errorf("%s is said to be unusable", row.KSN)
		}
	}
	if kcv := must(must(ParseKey(v.IPEK)).CheckValue(TDES)); kcv != "AF8C07" {
		t.Errorf("the initial key's check value is %s", kcv)
	}
}

func upper(b []byte) string { return strings.ToUpper(hex.EncodeToString(b)) }

// TestPublishedData: moov-io/dukpt's tests have these for the first transaction.
func TestPublishedData(t *testing.T) {
	v := read(t).TDES
	bdk, k := must(ParseKey(v.BDK)), must(ParseKSN(TDES, "FFFF9876543210E00001"))
	for _, c := range []struct {
		use       Usage
		key, data string
	}{
		{DataRequest, "448D3F076D8304036A55A3D7E0055A78", "FC0D53B7EA1FDA9EE68AAF2E70D9B9506229BE2AA993F04F"},
		{DataResponse, "AD7BFC8B06AD3A08A560B4105CF8D9E5", "1FCC89AF66222F27B903898BB2BC8589CDBFDE5EC6AFCC25"},
	} {
		key := must(KeyFor(bdk, k, c.use))
		out := must(Encrypt(key, TDES, []byte("4012345678909D987")))
		if key.Hex() != c.key || upper(out) != c.data {
			t.Errorf("%s is wrong", c.use)
		}
		if back := must(Decrypt(key, TDES, out)); strings.TrimRight(string(back), "\x00") != "4012345678909D987" {
			t.Errorf("%s does not come back", c.use)
		}
	}
	for use, want := range map[Usage]string{MACRequest: "9CCC78173FC4FB64", MACResponse: "20364223C1FF00FA"} {
		if got := must(MAC(must(KeyFor(bdk, k, use)), TDES, []byte("4012345678909D987"))); upper(got) != want {
			t.Errorf("%s is wrong", use)
		}
	}
}

// TestPublishedReaderFrame deciphers the tracks of a published frame of an encrypting reader.
func TestPublishedReaderFrame(t *testing.T) {
	v := read(t).IDTech
	k := must(ParseKSN(TDES, v.KSN))
	key := must(KeyFor(must(ParseKey(v.BDK)), k, DataRequest))
	if key.Hex() != v.DataKey {
		t.Error("the data key is wrong")
	}
	frame := must(hex.DecodeString(v.Frame))
	// Before LRC, SUM and ETX stand the KSN (10 bytes), two hashes (20 each) and tracks 1 and 2 in one run.
	length := (len(v.Track1) + len(v.Track2) + 7) / 8 * 8
	end := len(frame) - 3 - 10 - 40
	clear := must(Decrypt(key, TDES, frame[end-length:end]))
	if string(bytes.TrimRight(clear, "\x00")) != v.Track1+v.Track2 {
		t.Error("the tracks do not come out")
	}
}

func TestPublishedAES128(t *testing.T) {
	v := read(t).AES
	bdk := must(ParseKey(v.BDK))
	base := must(ParseKSN(AES128, v.InitialKeyID+"00000000"))
	initial := must(InitialKey(bdk, base))
	if initial.Hex() != v.InitialKey {
		t.Fatal("the initial key is wrong")
	}
	for _, row := range v.Rows {
		k := base.WithCounter(row.Counter)
		for name, pair := range map[string][2]string{
			"derivation key": {must(TransactionKey(initial, k)).Hex(), row.DerivationKey},
			"PIN key":        {must(KeyFor(bdk, k, PIN)).Hex(), row.PINKey},
			"MAC key":        {must(KeyFor(bdk, k, MACRequest)).Hex(), row.MACKey},
			"data key":       {must(KeyFor(bdk, k, DataRequest)).Hex(), row.DataKey},
		} {
			if pair[0] != pair[1] {
				t.Errorf("counter %d: the %s is wrong", row.Counter, name)
			}
		}
	}
	for counter, pin := range map[uint32]string{
		4: "91A0588318EC2673214271F70137896E", 8: "4D9DF3FBEE3448FC3E676D04320A90F5", 0x845FED: "D1DDA386AA4A556AF0119FDCB5D132C6",
	} {
		if must(KeyFor(bdk, base.WithCounter(counter), PIN)).Hex() != pin {
			t.Errorf("counter %d: the PIN key is wrong", counter)
		}
	}
	for use, want := range map[Usage]string{
		KeyEncryption: "36A724B7BEFA5A25F5E7B5782A4554A2", MACResponse: "DBB463945B286C07CD3AD82EE96FD9C9", MACBoth: "85675439D18D7F1158BD8E3EAA3D502B",
		DataResponse: "16292C6EA8F64C5420A0584BFBC577BE", DataBoth: "A308E080DD15A1B741F1721BF67DE11C",
	} {
		if must(KeyFor(bdk, base.WithCounter(1), use)).Hex() != want {
			t.Errorf("the key for %s is wrong", use)
		}
	}
}

// TestPublishedAES256: the test vectors that X9 publishes beside X9.24-3, suite AES-256 from AES-256.
func TestPublishedAES256(t *testing.T) {
	base := must(ParseKSN(AES256, "123456789012345600000000"))
	bdk := must(ParseKey("FEDCBA9876543210F1F1F1F1F1F1F1F1FEDCBA9876543210F1F1F1F1F1F1F1F1"))
	initial := must(InitialKey(bdk, base))
	if initial.Hex() != "CE9CE0C101D1138F97FB6CAD4DF045A7083D4EAE2D35A31789D01CCF0949550F" {
		t.Fatal("the initial key is wrong")
	}
	for counter, want := range map[uint32]string{
		1:          "54AC2B32B145EA4A554CB8BC44B17467063A799856B1CCC2A138D36E8DBF78B3",
		2:          "5DD5A0253842BBBE1D7C0DA27021412C6F1FAB53FB928DEAE56DA06090A9DE97",
		3:          "8EEEF7C464AE415BB1D73FAED21993CD669F7999092A579EC6DD3CC680C65171",
		0xFFFE4000: "FF20E1BB575539ACCB44E3111BE8757F83AE8549A2DD71B441A4A424F7FFD4B1",
	} {
		if must(TransactionKey(initial, base.WithCounter(counter))).Hex() != want {
			t.Errorf("counter %x: the derivation key is wrong", counter)
		}
	}
	if must(KeyFor(bdk, base.WithCounter(1), PIN)).Hex() != "8C1AB7BEE973829E30242E0BBBDD4946D540C98FC1B5BDCF94790001A23FD502" {
		t.Error("the PIN key is wrong")
	}
}

// TestAES192: two blocks, the second one cut. This initial key stands in several public test suites.
func TestAES192(t *testing.T) {
	k := must(ParseKSN(AES192, "123456789012345600000001"))
	bdk := must(ParseKey("FEDCBA9876543210F1F1F1F1F1F1F1F1FEDCBA9876543210"))
	if must(InitialKey(bdk, k)).Hex() != "5B6DEE2B5B7FABFFA32591F35BF8F23DD9329AE85131E584" {
		t.Error("the initial key is wrong")
	}
}

// TestCMAC: the examples of RFC 4493.
func TestCMAC(t *testing.T) {
	key := must(ParseKey("2B7E151628AED2A6ABF7158809CF4F3C"))
	message := must(hex.DecodeString("6BC1BEE22E409F96E93D7E117393172AAE2D8A571E03AC9C9EB76FAC45AF8E5130C81C46A35CE411E5FBC1191A0A52EFF69F2445DF4F9B17AD2B417BE66C3710"))
	for length, want := range map[int]string{
		0: "BB1D6929E95937287FA37D129B756746", 16: "070A16B46B4D4144F79BDD9DD04A287C",
		40: "DFA66747DE9AE63030CA32611497C827", 64: "51F0BEBF7E3B9D92FC49741779363CFE",
	} {
		if got := upper(must(MAC(key, AES128, message[:length]))); got != want {
			t.Errorf("of %d bytes it is %s", length, got)
		}
	}
}

// TestCounterIsUsedUp walks the whole life of a device.
func TestCounterIsUsedUp(t *testing.T) {
	if testing.Short() {
		t.Skip("a million steps")
	}
	n, c, before := 0, uint64(0), uint64(0)
	for {
		next, err := nextCounter(c, tdesCounterBits, tdesMostOnes)
		if errors.Is(err, ErrExhausted) {
			break
		}
		before, c = c, next
		if c <= before || bits.OnesCount64(c) > tdesMostOnes {
			t.Fatalf("after %x comes %x", before, c)
		}
		n++
	}
	if n != 1_048_575 {
		t.Errorf("a device has %d transactions", n)
	}
	last := must(ParseKSN(TDES, "FFFF9876543210E00000")).WithCounter(uint32(c))
	if _, err := last.Next(); !errors.Is(err, ErrExhausted) {
		t.Errorf("after the last transaction comes %v", err)
	}
	full := must(ParseKSN(AES128, "1234567890123456FFFF0000"))
	if _, err := full.Next(); !errors.Is(err, ErrExhausted) {
		t.Errorf("after the last AES transaction comes %v", err)
	}
}

func TestNext(t *testing.T) {
	for _, c := range [][2]string{
		{"FFFF9876543210E00001", "FFFF9876543210E00002"},
		{"FFFF9876543210EFF800", "FFFF9876543210EFF801"},
		{"FFFF9876543210E003FF", "FFFF9876543210E00400"},
		{"FFFF9876543210E007FE", "FFFF9876543210E00800"}, // 7FF has eleven bits set
		{"FFFF9876543210E00FFC", "FFFF9876543210E01000"},
	} {
		if got := must(must(ParseKSN(TDES, c[0])).Next()); got.String() != c[1] {
			t.Errorf("after %s comes %s", c[0], got)
		}
	}
}

// TestCounterRule: no value between a counter and the next one is usable, and none is left out.
func TestCounterRule(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := rapid.SampledFrom([]Algorithm{TDES, AES128}).Draw(t, "algorithm")
		k := must(ParseKSN(a, strings.Repeat("0", 2*a.ksnBytes()))).WithCounter(rapid.Uint32Range(1, 1<<20).Draw(t, "counter"))
		next, err := k.Next()
		if err != nil {
			t.Fatal(err)
		}
		if !next.Usable() || next.Counter() <= k.Counter() {
			t.Fatalf("after %s comes %s", k, next)
		}
		for c := k.Counter() + 1; c < next.Counter(); c++ {
			if k.WithCounter(c).Usable() {
				t.Fatalf("between %s and %s, %x is left out", k, next, c)
			}
		}
	})
}

// TestDeviceComesToTheSameKey: going on from a transaction key by the bits that are left gives what the
// host derives from the initial key, and the counter touches no other bit of the KSN.
func TestDeviceComesToTheSameKey(t *testing.T) {
	initial := must(ParseKey("6AC292FAA1315B4D858AB3A3D7D5933A"))
	rapid.Check(t, func(t *rapid.T) {
		high := rapid.Uint32Range(0, 1<<10-1).Draw(t, "high") << 11
		low := rapid.Uint32Range(0, 1<<11-1).Draw(t, "low")
		k := must(ParseKSN(TDES, "FFFF9876543210E00000"))
		whole := must(TransactionKey(initial, k.WithCounter(high|low)))
		// The device derives from the key of the high bits by ORing the low ones one after another.
		key := must(TransactionKey(initial, k.WithCounter(high)))
		at := high
		for bit := uint32(1) << 10; bit > 0; bit >>= 1 {
			if low&bit == 0 {
				continue
			}
			at |= bit
			r := k.WithCounter(at).bytes[2:]
			key = Key{append(step(xored(key.bytes, shift[:]), r), step(key.bytes, r)...)}
		}
		if key.Hex() != whole.Hex() {
			t.Fatal("the keys differ")
		}
		if got := k.WithCounter(high | low).String(); got[:14] != "FFFF9876543210" {
			t.Fatal("the counter changed the device")
		}
	})
}

func TestRefuses(t *testing.T) {
	k := must(ParseKSN(TDES, "9876543210E00001"))
	short := NewKey(make([]byte, 8))
	for name, err := range map[string]error{
		"key of 8 bytes":       second(ParseKey("0123456789ABCDEF")),
		"key that is no hex":   second(ParseKey(strings.Repeat("G", 32))),
		"BDK of 8 bytes":       second(InitialKey(short, k)),
		"initial key of 8":     second(TransactionKey(short, k)),
		"transaction key of 8": second(WorkingKey(short, k, PIN)),
		"MAC key of 8":         second(MAC(short, TDES, nil)),
		"data key of 8":        second(Encrypt(short, TDES, nil)),
		"check value of 8":     second(short.CheckValue(TDES)),
	} {
		if !errors.Is(err, ErrKey) {
			t.Errorf("%s gives %v", name, err)
		}
	}
	if _, err := Decrypt(NewKey(make([]byte, 16)), TDES, make([]byte, 7)); !errors.Is(err, ErrBlocks) {
		t.Errorf("half a block gives %v", err)
	}
	if _, err := WorkingKey(NewKey(make([]byte, 16)), k, KeyEncryption); !errors.Is(err, ErrUsage) {
		t.Errorf("a use that TDES has not gives %v", err)
	}
	if _, err := ParseKSN("rot13", "00"); !errors.Is(err, ErrAlgorithm) {
		t.Errorf("an unknown algorithm gives %v", err)
	}
	for _, text := range []string{"", "987654321", "FFFF9876543210E000011", "FFFF9876543210E0000G", "FF9876543210E00001 "} {
		if _, err := ParseKSN(TDES, text); !errors.Is(err, ErrKSN) {
			t.Errorf("%q gives %v", text, err)
		}
	}
	if _, err := ParseKSN(AES128, "3456789012345600000001"); !errors.Is(err, ErrKSN) {
		t.Error("an AES key serial number is padded")
	}
	for text, want := range map[string]bool{"FFFF9876543210E00000": false, "FFFF9876543210E00001": true, "FFFF9876543210E007FF": false, "FFFF9876543210FFFFFF": false} {
		if must(ParseKSN(TDES, text)).Usable() != want {
			t.Errorf("%s: usable is not %v", text, want)
		}
	}
}

func second[T any](_ T, err error) error { return err }

func TestKeysPrintAsMask(t *testing.T) {
	k := must(ParseKey("0123456789ABCDEFFEDCBA9876543210"))
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x", "%q", "%d"} {
		if got := fmt.Sprintf(verb, k); got != "[key]" {
			t.Errorf("%s shows something else than the mask", verb)
		}
	}
	if b := must(json.Marshal(k)); string(b) != `"[key]"` {
		t.Error("JSON shows something else than the mask")
	}
}

func BenchmarkKeyFor(b *testing.B) {
	k := must(ParseKSN(TDES, "FFFF9876543210EFF801"))
	bdk := must(ParseKey("0123456789ABCDEFFEDCBA9876543210"))
	for b.Loop() {
		if _, err := KeyFor(bdk, k, PIN); err != nil {
			b.Fatal(err)
		}
	}
}

package transport

import "errors"

// DescriptorField is one field of an input report, as the report descriptor lays it out.
type DescriptorField struct {
	Page, Usage uint16
	Report      byte // id of the report, 0 where reports are not numbered
	Offset      int  // bytes from the start of the report, its id included
	Length      int  // bytes
}

// ErrDescriptor is a report descriptor that cannot be followed.
var ErrDescriptor = errors.New("transport: the HID report descriptor is not laid out as HID 1.11 says")

// Bounds of what a descriptor may ask for.
const (
	longestDescriptor = 4096 // bytes (HID_MAX_DESCRIPTOR_SIZE of Linux)
	mostFields        = 1024
)

// Items of a report descriptor (HID 1.11, 6.2.2), without their size bits.
const (
	itemInput       = 0x80
	itemOutput      = 0x90
	itemFeature     = 0xB0
	itemCollection  = 0xA0
	itemUsagePage   = 0x04
	itemReportSize  = 0x74
	itemReportID    = 0x84
	itemReportCount = 0x94
	itemUsage       = 0x08
	itemUsageMin    = 0x18
	itemUsageMax    = 0x28
	itemLong        = 0xFE
)

// descriptorReader is the state of the parser: HID 1.11 calls the first three global, usages local.
type descriptorReader struct {
	page        uint16
	size, count int
	report      byte
	usages      [][2]uint16
	least       uint16
	bits        map[byte]int // of the input reports
	feature     map[byte]int // bits of the feature reports, without their ids
	out         []DescriptorField
}

// InputFields lists the input reports' fields whose bounds are whole bytes, in order, and the length in
// bytes of the longest input report, its id included. It errs with ErrDescriptor.
func InputFields(descriptor []byte) (fields []DescriptorField, length int, err error) {
	r, err := follow(descriptor)
	if err != nil {
		return nil, 0, err
	}
	return r.out, longest(r.bits), nil
}

// FeatureLength is the length in bytes of the longest feature report, without an id; 0 when the descriptor shows none
// or cannot be followed.
func FeatureLength(descriptor []byte) int {
	r, err := follow(descriptor)
	if err != nil {
		return 0
	}
	return longest(r.feature)
}

func longest(bits map[byte]int) (length int) {
	for _, n := range bits {
		length = max(length, (n+7)/8)
	}
	return length
}

func follow(descriptor []byte) (r descriptorReader, err error) {
	r = descriptorReader{bits: map[byte]int{}, feature: map[byte]int{}}
	if len(descriptor) > longestDescriptor {
		return r, ErrDescriptor
	}
	for b := descriptor; len(b) > 0; {
		if b[0] == itemLong {
			if len(b) < 3 || len(b) < 3+int(b[1]) {
				return r, ErrDescriptor
			}
			b = b[3+int(b[1]):]
			continue
		}
		n := int(b[0] & 3)
		if n == 3 {
			n = 4
		}
		if len(b) < 1+n {
			return r, ErrDescriptor
		}
		var value uint32
		for i := range n {
			value |= uint32(b[1+i]) << (8 * i)
		}
		if !r.item(b[0]&^3, value, n) {
			return r, ErrDescriptor
		}
		b = b[1+n:]
	}
	return r, nil
}

func (r *descriptorReader) item(kind byte, value uint32, size int) bool {
	switch kind {
	case itemUsagePage:
		r.page = uint16(value)
	case itemReportSize:
		r.size = int(min(value, 1<<16))
	case itemReportCount:
		r.count = int(min(value, 1<<16))
	case itemReportID:
		r.report = byte(value)
		if _, seen := r.bits[r.report]; !seen {
			r.bits[r.report] = 8 // the id itself
		}
	case itemUsage:
		r.usages = append(r.usages, r.usage(value, size))
	case itemUsageMin:
		r.least = uint16(value)
	case itemUsageMax:
		for u := int(r.least); u <= int(uint16(value)) && len(r.usages) < mostFields; u++ {
			r.usages = append(r.usages, [2]uint16{r.page, uint16(u)})
		}
	case itemInput:
		return r.input(value&1 != 0)
	case itemFeature:
		r.usages = nil
		if r.feature[r.report] += r.size * r.count; r.feature[r.report] > 8*maxReport {
			return false
		}
	case itemOutput, itemCollection:
		r.usages = nil
	}
	return len(r.usages) <= mostFields
}

// usage gives page and usage; four bytes hold both.
func (r *descriptorReader) usage(value uint32, size int) [2]uint16 {
	if size == 4 {
		return [2]uint16{uint16(value >> 16), uint16(value)}
	}
	return [2]uint16{r.page, uint16(value)}
}

// input places an input item. A single usage names all its elements, several name one each.
func (r *descriptorReader) input(constant bool) bool {
	total := r.size * r.count
	at := r.bits[r.report]
	r.bits[r.report] = at + total
	usages := r.usages
	r.usages = nil
	if at+total > 8*maxReport {
		return false
	}
	if constant || len(usages) == 0 || r.count == 0 || at%8 != 0 || r.size%8 != 0 {
		return true
	}
	per, n := total/8, 1
	if len(usages) > 1 {
		per, n = r.size/8, min(len(usages), r.count)
	}
	for i := range n {
		r.out = append(r.out, DescriptorField{usages[i][0], usages[i][1], r.report, at/8 + i*per, per})
	}
	return len(r.out) <= mostFields
}

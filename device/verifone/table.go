package verifone

// Fields that several messages share.
var (
	fieldPAN     = Field{Name: "pan", Chars: Digits, Min: 8, Max: 19, Mask: Number}
	fieldKey     = Field{Name: "session key", Chars: Hex, Min: 16, Max: 32, Step: 16, FS: true, Mask: Hidden}
	fieldDUKPT   = Field{Name: "dukpt", Chars: Plain, Min: 16, Max: 16, Is: "DUKPT ENCRYPTION", FS: true}
	fieldAmount  = Field{Name: "amount", Chars: Money, Min: 4, Max: 8}
	fieldSide    = Field{Name: "debit or credit", Chars: Plain, Min: 1, Max: 1, OneOf: "DC", FS: true}
	fieldUnits   = Field{Name: "timeout in 30 s", Chars: Digits, Min: 1, Max: 1, OneOf: "123456789", FS: true, Optional: true}
	fieldKSN     = Field{Name: "ksn", Chars: Hex, Min: 10, Max: 20}
	fieldBlock   = Field{Name: "pin block", Chars: Hex, Min: 16, Max: 16, Mask: Hidden}
	fieldCode    = Field{Name: "code", Chars: Plain, Min: 1, Max: 1}
	fieldSlot    = Field{Name: "slot", Chars: Digits, Min: 1, Max: 1}
	fieldLeast   = Field{Name: "shortest pin", Chars: Digits, Min: 2, Max: 2}
	fieldMost    = Field{Name: "longest pin", Chars: Digits, Min: 2, Max: 2}
	fieldNull    = Field{Name: "no pin allowed", Chars: Plain, Min: 1, Max: 1, OneOf: "YN"}
	fieldPrompt1 = Field{Name: "prompt 1", Chars: Plain, Max: 64}
	fieldPrompt2 = Field{Name: "prompt 2", Chars: Plain, Max: 64, FS: true}
	fieldWait    = Field{Name: "processing text", Chars: Plain, Max: 64, FS: true}
	fieldEcho    = Field{Name: "echo", Chars: Plain, Min: 1, Max: 1}
	fieldFlag    = Field{Name: "flag", Chars: Digits, Min: 1, Max: 1, Is: "0"}
)

// keyOf is a session key of n digits behind a separator.
func keyOf(n int) Field {
	f := fieldKey
	f.Min, f.Max = n, n
	return f
}

// behind puts a separator before a field.
func behind(f Field) Field {
	f.FS = true
	return f
}

// Messages is the table of all messages that are known of this family. V in a comment stands for
// VeriFone's manual, U for UIC's; a row without one is in both. The rows are tried in order.
var Messages = []Message{
	// Keys and maintenance.
	{ID: "01", Envelope: SI, Name: "diagnostic", Fields: []Field{{Name: "test", Chars: Digits, Min: 2, Max: 2}}},
	{ID: "14", Envelope: SI, FromPad: true, Name: "diagnostic result", Fields: []Field{{Name: "text", Chars: Screen, Max: 64}}},
	{ID: "02", Envelope: SI, Name: "load master key", Fields: []Field{fieldSlot, {Name: "key", Chars: Hex, Min: 16, Max: 48, Step: 16, Mask: Hidden}}},
	{ID: "02", Envelope: SI, FromPad: true, Name: "master key echo", Fields: []Field{fieldSlot, {Name: "key", Chars: Hex, Min: 16, Max: 48, Step: 16, Mask: Hidden}}},
	{ID: "02?", Envelope: SI, FromPad: true, Name: "master key refused", Fields: []Field{fieldCode}},
	{ID: "04", Envelope: SI, FromPad: true, Name: "master key state", Fields: []Field{{Name: "state", Chars: Plain, Min: 1, Max: 1, OneOf: "0F"}, {Name: "attributes", Chars: Plain, Max: 64}}},
	{ID: "04", Envelope: SI, Name: "ask master key", Fields: []Field{fieldSlot, {Name: "query", Chars: Plain, Max: 1}}},
	{ID: "05", Envelope: SI, Name: "load serial number", Fields: []Field{{Name: "serial number", Chars: Plain, Min: 16, Max: 16}}},
	{ID: "06", Envelope: SI, Name: "ask serial number"},
	{ID: "06", Envelope: SI, FromPad: true, Name: "serial number", Fields: []Field{{Name: "serial number", Chars: Plain, Min: 16, Max: 16}}},
	{ID: "07", Envelope: SI, Name: "dummy"},
	{ID: "08", Envelope: SI, Name: "select master key", Fields: []Field{fieldSlot}},
	{ID: "08", Envelope: SI, FromPad: true, Name: "master key selected", Fields: []Field{fieldCode}}, // U
	{ID: "09", Envelope: SI, FromPad: true, Name: "line loop", Fields: []Field{{Name: "text", Chars: Screen, Max: 64}}},
	{ID: "11", Envelope: SI, Name: "connection test"},
	{ID: "13", Envelope: SI, Name: "set line", Fields: []Field{{Name: "speed", Chars: Digits, Min: 1, Max: 1}, {Name: "mode", Chars: Digits, Max: 1}}},
	{ID: "13", Envelope: SI, FromPad: true, Name: "line set", Fields: []Field{{Name: "result", Chars: Digits, Min: 1, Max: 1}}},
	{ID: "18", Envelope: SI, Name: "set key management", Fields: []Field{{Name: "modes", Chars: Digits, Max: 8}}},
	{ID: "19", Envelope: SI, Name: "select dukpt engine", Fields: []Field{{Name: "engine", Chars: Digits, Min: 1, Max: 1}}}, // V
	{ID: "25", Envelope: SI, Name: "ask dukpt engine"},                                                                      // V
	{ID: "25", Envelope: SI, FromPad: true, Name: "dukpt engine", Fields: []Field{{Name: "engine", Chars: Digits, Min: 1, Max: 1}}},

	// PIN entry.
	{ID: "70.", Envelope: STX, Name: "70 session 16", Fields: []Field{fieldPAN, keyOf(16), fieldAmount, fieldUnits}}, // U
	{ID: "70.", Envelope: STX, Name: "70 session 32", Fields: []Field{fieldPAN, keyOf(32), fieldAmount, fieldUnits}}, // U
	{ID: "70", Envelope: STX, Name: "70 dukpt", Fields: []Field{fieldPAN, fieldSide, fieldAmount, fieldUnits}},       // U, by its 76
	{ID: "76", Envelope: STX, Name: "76 dukpt test", Fields: []Field{fieldPAN, fieldSide, fieldAmount, fieldUnits}},
	{ID: "72", Envelope: STX, Name: "cancel"},
	{ID: "71", Envelope: STX, FromPad: true, Name: "71 code", Fields: []Field{fieldCode}},
	{ID: "71.", Envelope: STX, FromPad: true, Name: "71 session", Fields: []Field{
		fieldFlag, {Name: "pin length", Chars: Digits, Min: 2, Max: 2}, {Name: "format", Chars: Digits, Min: 2, Max: 2, Is: "01"},
		{Name: "pin block", Chars: Hex, Max: 16, Step: 16, Mask: Hidden}}},
	{ID: "71", Envelope: STX, FromPad: true, Name: "71 dukpt", Fields: []Field{fieldFlag, fieldKSN, fieldBlock}}, // U
	{ID: "73.", Envelope: STX, FromPad: true, Name: "73 dukpt", Fields: []Field{ // V
		{Name: "flag", Chars: Digits, Min: 5, Max: 5, Is: "00000"}, fieldKSN, fieldBlock}},
	{ID: "73.", Envelope: STX, FromPad: true, Name: "73 without pin", Fields: []Field{{Name: "flag", Chars: Digits, Min: 5, Max: 5, Is: "00000"}}}, // V; ours
	{ID: "75", Envelope: STX, FromPad: true, Name: "75 code", Fields: []Field{fieldCode}},                                                          // V
	{ID: "Z60.", Envelope: STX, Name: "Z60 session", Fields: []Field{fieldPAN, fieldKey, fieldUnits}},
	{ID: "Z60.", Envelope: STX, Name: "Z60 dukpt", Fields: []Field{fieldPAN, fieldDUKPT}},       // V
	{ID: "Z60.", Envelope: STX, Name: "Z60 dukpt timed", Fields: []Field{fieldPAN, fieldUnits}}, // U
	{ID: "Z62.", Envelope: STX, Name: "Z62 session 16", Fields: []Field{fieldPAN, keyOf(16), fieldLeast, fieldMost, fieldNull, fieldPrompt1, fieldPrompt2, fieldWait, fieldUnits}},
	{ID: "Z62.", Envelope: STX, Name: "Z62 session 32", Fields: []Field{fieldPAN, keyOf(32), fieldLeast, fieldMost, fieldNull, fieldPrompt1, fieldPrompt2, fieldWait, fieldUnits}},
	{ID: "Z62.", Envelope: STX, Name: "Z62 dukpt", Fields: []Field{fieldPAN, behind(fieldLeast), fieldMost, fieldNull, fieldPrompt1, fieldPrompt2, fieldWait, fieldUnits}},
	{ID: "Z63.", Envelope: STX, Name: "Z63 session 16", Fields: []Field{fieldPAN, keyOf(16), fieldLeast, fieldMost, fieldNull, fieldEcho}}, // from code for V
	{ID: "Z63.", Envelope: STX, Name: "Z63 session 32", Fields: []Field{fieldPAN, keyOf(32), fieldLeast, fieldMost, fieldNull, fieldEcho}},
	{ID: "Z63.", Envelope: STX, Name: "Z63 dukpt", Fields: []Field{fieldPAN, fieldDUKPT, fieldLeast, fieldMost, fieldNull, fieldEcho}},

	// DUKPT keys.
	{ID: "7A", Envelope: STX, Name: "leading F's of the ksn", Fields: []Field{{Name: "send all", Chars: Digits, Min: 1, Max: 1, OneOf: "01"}}}, // U
	{ID: "90", Envelope: STX, Name: "load initial key", Fields: []Field{
		{Name: "initial key", Chars: Hex, Min: 16, Max: 32, Step: 16, Mask: Hidden}, {Name: "ksn", Chars: Hex, Min: 20, Max: 20}}}, // U
	{ID: "94", Envelope: STX, Name: "load second initial key", Fields: []Field{
		{Name: "initial key", Chars: Hex, Min: 16, Max: 32, Step: 16, Mask: Hidden}, {Name: "ksn", Chars: Hex, Min: 20, Max: 20}}}, // U
	{ID: "91", Envelope: STX, FromPad: true, Name: "initial key loaded", Fields: []Field{{Name: "result", Chars: Plain, Min: 1, Max: 2}}}, // U

	// Screen and keys. U.
	{ID: "Z0", Envelope: STX, Name: "cursor", Fields: []Field{{Name: "line", Chars: Digits, Min: 2, Max: 2}}},
	{ID: "Z1", Envelope: STX, Name: "idle"},
	{ID: "Z2", Envelope: STX, Name: "show", Fields: []Field{{Name: "text", Chars: Screen, Min: 1, Max: 65}}},
	{ID: "Z3", Envelope: STX, Name: "show lines", Fields: []Field{{Name: "count", Chars: Digits, Min: 1, Max: 1}, {Name: "lines", Chars: Lines, Min: 1, Max: 500}}},
	{ID: "Z2", Envelope: STX, FromPad: true, Name: "shown", Fields: []Field{fieldCode}},
	{ID: "Z3", Envelope: STX, FromPad: true, Name: "lines shown", Fields: []Field{fieldCode}},
	{ID: "Z42", Envelope: STX, Name: "ask key", Fields: []Field{{Name: "timeout in s", Chars: Digits, Min: 1, Max: 3}}},
	{ID: "Z43", Envelope: STX, FromPad: true, Name: "key", Fields: []Field{{Name: "key", Chars: Plain, Min: 1, Max: 1, OneOf: "0123456789ABC*#/?"}}},
	{ID: "Z50", Envelope: STX, Name: "ask string", Fields: []Field{
		{Name: "echo", Chars: Digits, Min: 1, Max: 1, OneOf: "012"}, {Name: "timeout in s", Chars: Digits, Min: 3, Max: 3}, {Name: "most", Chars: Digits, Max: 2}}},
	{ID: "Z51", Envelope: STX, FromPad: true, Name: "string", Fields: []Field{{Name: "typed", Chars: Plain, Max: 64, Mask: Hidden}}},

	// Authentication codes.
	{ID: "Z66", Envelope: STX, Name: "ask mac", Fields: []Field{{Name: "data", Chars: Lines, Max: 300, Mask: Hidden}}},
	{ID: "Z67", Envelope: STX, FromPad: true, Name: "mac", Fields: []Field{{Name: "status", Chars: Plain, Min: 1, Max: 1}, {Name: "mac", Chars: Hex, Max: 16, Step: 16}}},
}

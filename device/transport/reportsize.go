package transport

// reportSizes lists the input reports of known devices, by vendor and product (hexadecimal as in lsusb).
// A device that is not listed, and whose backend gives no report descriptor, is refused: its packets could
// not be told apart from its reports.
var reportSizes = map[[2]uint16]reportSize{
	{0x0801, 0x0002}: {337, 338},  // MagTek clear readers; insert readers add a card status byte
	{0x0801, 0x0011}: {856, 1024}, // MagneSafe swipe readers; newer ones append to the report
	{0x0801, 0x0013}: {856, 1024}, // MagneSafe insert readers
	{0x0801, 0x0014}: {856, 1024}, // MagneSafe wireless readers on their cable
	{0x0ACD, 0x2010}: {509, 512},  // ID TECH, own structure: MiniMag II and SecureMag, SecureHead
	{0x0ACD, 0x2020}: {337, 337},  // ID TECH, the structure of the MagTek clear readers
}

package cell

// CRC10 is the checksum under [Body.Seal], for its check value.
var CRC10 = crc10

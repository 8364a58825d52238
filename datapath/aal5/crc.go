package aal5

// polynomial is that of I.363.5 clause 9.2.1.2, its most significant bit (x^31) first.
const polynomial = 0x04C11DB7

// tables[k][b] is the remainder of octet b followed by k octets of zeros.
var tables = makeTables()

func makeTables() (t [8][256]uint32) {
	for b := range t[0] {
		r := uint32(b) << 24
		for range 8 {
			r = r<<1 ^ polynomial&-(r>>31)
		}
		t[0][b] = r
	}
	for k := 1; k < len(t); k++ {
		for b, r := range t[k-1] {
			t[k][b] = r<<8 ^ t[0][r>>24]
		}
	}
	return t
}

// Update returns the CRC-32 of what crc is the CRC of, followed by p: the CRC of I.363.5, most
// significant bit first, inverted at both ends. That of nothing is 0.
func Update(crc uint32, p []byte) uint32 {
	crc = ^crc
	for len(p) >= 8 {
		crc ^= uint32(p[0])<<24 | uint32(p[1])<<16 | uint32(p[2])<<8 | uint32(p[3])
		crc = tables[7][crc>>24] ^ tables[6][crc>>16&0xff] ^ tables[5][crc>>8&0xff] ^ tables[4][crc&0xff] ^
			tables[3][p[4]] ^ tables[2][p[5]] ^ tables[1][p[6]] ^ tables[0][p[7]]
		p = p[8:]
	}
	for _, b := range p {
		crc = crc<<8 ^ tables[0][byte(crc>>24)^b]
	}
	return ^crc
}

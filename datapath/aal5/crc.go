package aal5

import "encoding/binary"

// polynomial is that of I.363.5 clause 9.2.1.2, without its x^32: bit i is the coefficient of x^i.
const polynomial = 0x04C11DB7

// residue is x^32 times ones in all 32 bits, modulo the polynomial.
const residue = 0xC704DD7B

// Update returns the CRC-32 of what crc is the CRC of, followed by p: the CRC of I.363.5, most
// significant bit first, inverted at both ends. That of nothing is 0. It may be called from any
// goroutine.
func Update(crc uint32, p []byte) uint32 { return update(crc, p) }

// Intact reports whether crc, the CRC of a whole PDU with its trailer, is that of one which has arrived
// unchanged: the register holds 0xC704DD7B then, whatever the PDU is.
func Intact(crc uint32) bool { return crc == ^uint32(residue) }

// tables[k][b] is the remainder of octet b followed by k octets of zeros.
var tables = makeTables()

func makeTables() (t [16][256]uint32) {
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

// updateGeneric is the portable form: a table for each octet of a step.
//
//hot:bce
func updateGeneric(crc uint32, p []byte) uint32 {
	crc = ^crc
	t := &tables
	for len(p) >= 16 {
		q := (*[16]byte)(p)
		a := crc ^ binary.BigEndian.Uint32(q[:4])
		crc = t[15][a>>24] ^ t[14][a>>16&0xff] ^ t[13][a>>8&0xff] ^ t[12][a&0xff] ^
			t[11][q[4]] ^ t[10][q[5]] ^ t[9][q[6]] ^ t[8][q[7]] ^
			t[7][q[8]] ^ t[6][q[9]] ^ t[5][q[10]] ^ t[4][q[11]] ^
			t[3][q[12]] ^ t[2][q[13]] ^ t[1][q[14]] ^ t[0][q[15]]
		p = p[16:]
	}
	for len(p) >= 4 {
		a := crc ^ binary.BigEndian.Uint32(p)
		crc = t[3][a>>24] ^ t[2][a>>16&0xff] ^ t[1][a>>8&0xff] ^ t[0][a&0xff]
		p = p[4:]
	}
	for _, b := range p {
		crc = crc<<8 ^ t[0][byte(crc>>24)^b]
	}
	return ^crc
}

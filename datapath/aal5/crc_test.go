package aal5_test

import (
	"testing"

	"callmanager/datapath/aal5"
)

// TestCheck is the check value of the CRC's name, over octets that are taken at once and one by one.
func TestCheck(t *testing.T) {
	const digits, want = "123456789", 0xFC891918
	if got := aal5.Update(0, []byte(digits)); got != want {
		t.Errorf("CRC of %q: %#08x, want %#08x", digits, got, uint32(want))
	}
	var crc uint32
	for i := range len(digits) {
		crc = aal5.Update(crc, []byte(digits[i:i+1]))
	}
	if crc != want {
		t.Errorf("CRC of %q, octet by octet: %#08x, want %#08x", digits, crc, uint32(want))
	}
}

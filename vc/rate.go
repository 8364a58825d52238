package vc

import (
	"fmt"
	"math"
	"math/big"
	"strconv"
	"strings"
)

// CellRate is a rate in cells a second, as the ATM traffic descriptor carries
// it: 24 bits (Q.2931 clause 4.5.6).
type CellRate uint32

// MaxCellRate is the highest rate that the descriptor can carry, 16 777 215
// cells/s or 6.44 Gbit/s of payload.
const MaxCellRate CellRate = 1<<24 - 1

// BitRate is a rate in bits a second. Of a contract it counts SDU payload at
// full cells (384 bits a cell); of a link it counts wire bits.
type BitRate uint64

const (
	// CellPayload is what one cell carries, in octets.
	CellPayload = 48
	// cellBits is CellPayload in bits.
	cellBits = 8 * CellPayload
	// TrailerLen is the size of the AAL5 CPCS trailer in octets (I.363.5).
	TrailerLen = 8
	// MaxSDULen is the largest CPCS-SDU in octets (I.363.5).
	MaxSDULen = 65535
)

// CellsFor returns how many cells an SDU of n octets takes with its trailer:
// ceil((n+8)/48).
func CellsFor(n int) int { return (n + TrailerLen + CellPayload - 1) / CellPayload }

// PCRFor returns the peak cell rate for a payload rate: ceil(rate/384). It
// fails beyond [MaxCellRate].
func PCRFor(r BitRate) (CellRate, error) {
	c := uint64(r) / cellBits
	if uint64(r)%cellBits != 0 {
		c++
	}
	if c > uint64(MaxCellRate) {
		return 0, fmt.Errorf("vc: %s needs %d cells/s, and a traffic descriptor ends at %d (%s)",
			r, c, MaxCellRate, MaxCellRate.Bits())
	}
	return CellRate(c), nil
}

// Bits returns the payload that the rate carries at full cells.
func (c CellRate) Bits() BitRate { return BitRate(c) * cellBits }

// Bytes returns the payload that the rate carries at full cells in octets a
// second, the unit of a FLOWSPEC.
func (c CellRate) Bytes() uint64 { return uint64(c) * CellPayload }

// String formats the rate with its unit.
func (c CellRate) String() string { return strconv.FormatUint(uint64(c), 10) + " cells/s" }

// rateUnits are the suffixes of a bit rate, in decimal multiples.
var rateUnits = []struct {
	suffix string
	factor int64
}{
	{"Tbit/s", 1e12}, {"Gbit/s", 1e9}, {"Mbit/s", 1e6}, {"kbit/s", 1e3}, {"bit/s", 1},
}

// ParseRate reads a bit rate such as "200Mbit/s", "1.5 Gbit/s" or
// "64000bit/s". The prefix letters k, M, G and T are decimal. The rate must be
// a whole number of bits a second above zero.
func ParseRate(s string) (BitRate, error) {
	fail := func(why string) (BitRate, error) {
		return 0, fmt.Errorf("vc: rate %q: %s: want a number and a unit, such as 200Mbit/s (bit/s, kbit/s, Mbit/s, Gbit/s, Tbit/s)", s, why)
	}
	for _, u := range rateUnits {
		num, ok := strings.CutSuffix(strings.TrimSpace(s), u.suffix)
		if !ok {
			continue
		}
		num = strings.TrimSpace(num)
		if num == "" || strings.Trim(num, "0123456789.") != "" || len(num) > 24 {
			return fail("no number before the unit")
		}
		r, ok := new(big.Rat).SetString(num)
		if !ok {
			return fail("no number before the unit")
		}
		r.Mul(r, new(big.Rat).SetInt64(u.factor))
		if !r.IsInt() {
			return fail("no whole number of bits a second")
		}
		if r.Sign() <= 0 || !r.Num().IsUint64() || r.Num().Uint64() > math.MaxInt64 {
			return fail("out of range")
		}
		return BitRate(r.Num().Uint64()), nil
	}
	return fail("no unit")
}

// String formats the rate with the largest unit that keeps it short and exact
// to three decimals.
func (r BitRate) String() string {
	for _, u := range rateUnits {
		if r >= BitRate(u.factor) {
			v := strconv.FormatFloat(float64(r)/float64(u.factor), 'f', 3, 64)
			return strings.TrimSuffix(strings.TrimRight(v, "0"), ".") + u.suffix
		}
	}
	return "0bit/s"
}

//go:build (amd64 || arm64) && !purego

package aal5

// Multipliers are the keys that fold, by the number of bits: x^bits and x^(bits+64).
func Multipliers() map[int][2]uint64 {
	all := make(map[int][2]uint64)
	for bits, m := range map[int]multiplier{
		128: keys.by128, 256: keys.by256, 384: keys.by384, 512: keys.by512, 768: keys.by768, 1024: keys.by1024,
	} {
		all[bits] = [2]uint64{m.low, m.high}
	}
	return all
}

// LastKeys are those of the last block.
func LastKeys() (toEnd, quotient, divisor uint64) { return keys.toEnd, keys.quotient, keys.divisor }

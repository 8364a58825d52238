//go:build (amd64 || arm64) && !purego

package aal5

// The assembly folds: it takes the octets as polynomials over GF(2), 128 bits a block, first bit highest,
// and adds a block H*x^64 + L into the one that is d bits further on as
//
//	H * (x^(d+64) mod P)  +  L * (x^d mod P)
//
// which is congruent modulo P = x^32 + polynomial and no longer than 96 bits. A block in front that is
// short is filled with zeros on its left, which change nothing. The block B = H*x^64 + L that is left at
// the end is to be multiplied by x^32 and divided by P:
//
//	Y = H * (x^96 mod P)  +  L * x^32          95 bits at most
//	q = [Y / x^32] * [x^96 / P] / x^64         the quotient, exact (Barrett)
//	r = Y + q * P                              the remainder: the low 32 bits
//
// [x^96 / P] has 65 bits; its highest is left out and added as one more [Y / x^32].

// multiplier folds by d bits: x^d and x^(d+64), modulo P.
type multiplier struct{ low, high uint64 }

// foldKeys is what the assembly reads, by the names that go_asm.h gives. The order matters: two
// neighbours are loaded at once.
type foldKeys struct {
	by1024, by768, by512, by384, by256, by128 multiplier

	quotient uint64 // [x^96 / P], without x^64
	toEnd    uint64 // x^96 mod P
	divisor  uint64 // P, without x^32

	// order holds the masks of byte shuffles. Those 16 octets that start at 32-n reverse the first n
	// octets of a block and put zeros above them; those at 16-n do so with the octets after the first
	// n, and put zeros below. An index of 16 or more is a zero.
	order [48]byte
}

var keys = makeKeys()

func makeKeys() (k foldKeys) {
	k.by1024, k.by768, k.by512 = foldBy(1024), foldBy(768), foldBy(512)
	k.by384, k.by256, k.by128 = foldBy(384), foldBy(256), foldBy(128)
	k.toEnd, k.quotient = power(96)
	k.divisor = polynomial
	for i := range k.order {
		if k.order[i] = byte(31 - i); i < 16 {
			k.order[i] = 0xff
		}
	}
	return k
}

func foldBy(bits int) (m multiplier) {
	m.low, _ = power(bits)
	m.high, _ = power(bits + 64)
	return m
}

// power returns x^n modulo P and the lowest 64 bits of x^n divided by P.
func power(n int) (remainder, quotient uint64) {
	remainder = 1
	for range n {
		remainder <<= 1
		top := remainder >> 32
		remainder ^= top * (1<<32 | polynomial)
		quotient = quotient<<1 | top
	}
	return remainder, quotient
}

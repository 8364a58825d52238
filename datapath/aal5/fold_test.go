//go:build (amd64 || arm64) && !purego

package aal5_test

import (
	"math/big"
	"testing"

	"callmanager/datapath/aal5"
)

// divisor is the polynomial as I.363.5 clause 9.2.1.2 writes it: a sum of powers.
func divisor() *big.Int {
	p := new(big.Int)
	for _, n := range []int{32, 26, 23, 22, 16, 12, 11, 10, 8, 7, 5, 4, 2, 1, 0} {
		p.SetBit(p, n, 1)
	}
	return p
}

// divide divides x^n by the polynomial, by hand.
func divide(n int) (quotient, remainder *big.Int) {
	p := divisor()
	quotient, remainder = new(big.Int), new(big.Int)
	remainder.SetBit(remainder, n, 1)
	for remainder.BitLen() >= p.BitLen() {
		shift := uint(remainder.BitLen() - p.BitLen())
		quotient.SetBit(quotient, int(shift), 1)
		remainder.Xor(remainder, new(big.Int).Lsh(p, shift))
	}
	return quotient, remainder
}

func TestKeys(t *testing.T) {
	for bits, got := range aal5.Multipliers() {
		for i, n := range []int{bits, bits + 64} {
			if _, want := divide(n); got[i] != want.Uint64() {
				t.Errorf("x^%d mod P: %#x, want %#x", n, got[i], want)
			}
		}
	}
	toEnd, quotient, low := aal5.LastKeys()
	q, r := divide(96)
	if toEnd != r.Uint64() {
		t.Errorf("x^96 mod P: %#x, want %#x", toEnd, r)
	}
	if q.BitLen() != 65 || quotient != q.SetBit(q, 64, 0).Uint64() {
		t.Errorf("x^96 / P, without x^64: %#x, want %#x", quotient, q)
	}
	p := divisor()
	if low != p.SetBit(p, 32, 0).Uint64() {
		t.Errorf("P without x^32: %#x, want %#x", low, p)
	}
}

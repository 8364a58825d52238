package aal5_test

import (
	"encoding/binary"
	"hash/crc32"
	"math/rand/v2"
	"testing"

	"golang.org/x/sys/unix"
	"pgregory.net/rapid"

	"callmanager/datapath/aal5"
)

// residue is the register after a PDU with its CRC: what I.363.5 clause 9.2.1.2 has in a receiver.
const residue = 0xC704DD7B

// model divides bit by bit.
func model(crc uint32, p []byte) uint32 {
	crc = ^crc
	for _, b := range p {
		for bit := 7; bit >= 0; bit-- {
			high := crc>>31 ^ uint32(b)>>bit&1
			crc <<= 1
			if high == 1 {
				crc ^= 1<<26 | 1<<23 | 1<<22 | 1<<16 | 1<<12 | 1<<11 | 1<<10 | 1<<8 | 1<<7 | 1<<5 | 1<<4 | 1<<2 | 1<<1 | 1
			}
		}
	}
	return ^crc
}

// random returns so many octets, always the same ones.
func random(n int) []byte {
	p := make([]byte, n)
	source := rand.NewChaCha8([32]byte{})
	source.Read(p)
	return p
}

// TestCheck is the check value of the CRC's name, whole, octet by octet, and as the end of a long text whose
// start has no weight: a register of zero and zeros.
func TestCheck(t *testing.T) {
	const digits, want = "123456789", 0xFC891918
	if got := model(0, []byte(digits)); got != want {
		t.Fatalf("the model's CRC of %q: %#08x, want %#08x", digits, got, uint32(want))
	}
	for _, im := range aal5.Implementations() {
		t.Run(im.Name, func(t *testing.T) {
			if im.Least <= 1 {
				var crc uint32
				for i := range len(digits) {
					crc = im.Update(crc, []byte(digits[i:i+1]))
				}
				if whole := im.Update(0, []byte(digits)); whole != want || crc != want {
					t.Errorf("CRC of %q: %#08x, octet by octet %#08x, want %#08x", digits, whole, crc, uint32(want))
				}
				return
			}
			for zeros := range 2 * im.Least {
				p := append(make([]byte, im.Least+zeros), digits...)
				for i := range 4 { // The initial ones, which the zeros have swallowed.
					p[len(p)-len(digits)+i] ^= 0xff
				}
				if got := im.Update(^uint32(0), p); got != want {
					t.Errorf("CRC of %d zeros and %q: %#08x, want %#08x", im.Least+zeros, digits, got, uint32(want))
				}
			}
		})
	}
}

// TestModel compares with the model at every length and alignment, from any CRC before.
func TestModel(t *testing.T) {
	const most, alignments = 600, 64
	text := random(most)
	before := []uint32{0, 1, 0x80000000, 0xffffffff, 0xDEADBEEF}
	for _, im := range aal5.Implementations() {
		t.Run(im.Name, func(t *testing.T) {
			area := pages(t, 1)
			for _, crc := range before {
				want := crc
				for n := range most + 1 {
					if n > 0 {
						want = model(want, text[n-1:n])
					}
					for shift := range alignments {
						if n < im.Least || crc != 0 && shift%16 != n%16 {
							continue
						}
						p := area[shift : shift+n]
						copy(p, text)
						if got := im.Update(crc, p); got != want {
							t.Fatalf("%#08x, then %d octets at alignment %d: %#08x, want %#08x", crc, n, shift, got, want)
						}
					}
				}
			}
		})
	}
}

// TestStaysInside puts octets against both ends of a page whose neighbours may not be read.
func TestStaysInside(t *testing.T) {
	const most = 600
	for _, im := range aal5.Implementations() {
		t.Run(im.Name, func(t *testing.T) {
			from := guarded(t)
			copy(from, random(len(from)))
			for n := im.Least; n <= most; n++ {
				first, last := from[:n], from[len(from)-n:]
				for _, p := range [][]byte{first, last} {
					want := model(0, p)
					if got := im.Update(0, p); got != want {
						t.Fatalf("%d octets: %#08x, want %#08x", n, got, want)
					}
				}
			}
		})
	}
}

// TestSplits wants the same from any pieces as from the whole.
func TestSplits(t *testing.T) {
	for _, im := range aal5.Implementations() {
		t.Run(im.Name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				p := rapid.SliceOfN(rapid.Byte(), 0, 10_000).Draw(t, "octets")
				var crc uint32
				for rest := p; len(rest) > 0; {
					n := min(len(rest), im.Least+rapid.OneOf(rapid.IntRange(1, 64), rapid.IntRange(1, 3000)).Draw(t, "piece"))
					if len(rest)-n < im.Least {
						n = len(rest)
					}
					if n < im.Least {
						t.Skip("shorter than the shortest")
					}
					crc = im.Update(crc, rest[:n])
					rest = rest[n:]
				}
				if want := model(0, p); crc != want {
					t.Fatalf("%d octets: %#08x, want %#08x", len(p), crc, want)
				}
			})
		})
	}
}

// TestReflected refuses the CRC that Ethernet makes of the same polynomial: a PDU of 40 zeros, in either
// order of the four octets.
func TestReflected(t *testing.T) {
	for _, im := range aal5.Implementations() {
		t.Run(im.Name, func(t *testing.T) {
			pdus := make([]byte, 4*48) // Long enough for each: what is before the last cell is zeros.
			pdu := pdus[max(0, len(pdus)-max(48, im.Least+47)/48*48):]
			cell := pdu[len(pdu)-48:]
			binary.BigEndian.PutUint16(cell[42:], uint16(len(pdu)-8))
			reflected, right := crc32.ChecksumIEEE(pdu[:len(pdu)-4]), model(0, pdu[:len(pdu)-4])
			for _, row := range []struct {
				name string
				put  func()
				want bool
			}{
				{"ours", func() { binary.BigEndian.PutUint32(cell[44:], right) }, true},
				{"reflected", func() { binary.BigEndian.PutUint32(cell[44:], reflected) }, false},
				{"reflected, last octet first", func() { binary.LittleEndian.PutUint32(cell[44:], reflected) }, false},
			} {
				row.put()
				crc := im.Update(0, pdu)
				if got := aal5.Intact(crc); got != row.want || got != (^crc == residue) {
					t.Errorf("%s: intact %t, want %t; the residue is %#08x", row.name, got, row.want, ^crc)
				}
			}
		})
	}
}

func TestNoAllocs(t *testing.T) {
	allocs := testing.AllocsPerRun(100, func() {
		var octets [1536]byte
		octets[0] = 1
		aal5.Update(aal5.Update(0, octets[:48]), octets[:])
		aal5.Update(0, octets[:5])
	})
	if allocs != 0 {
		t.Errorf("%v allocations", allocs)
	}
}

// FuzzUpdate compares everything with the model, in two pieces.
func FuzzUpdate(f *testing.F) {
	f.Add(uint32(0), []byte("123456789"), uint16(4))
	f.Add(^uint32(0), make([]byte, 48), uint16(44))
	f.Add(uint32(1), random(300), uint16(163))
	f.Fuzz(func(t *testing.T, crc uint32, p []byte, at uint16) {
		head, tail := p[:int(at)%(len(p)+1)], p[int(at)%(len(p)+1):]
		middle := model(crc, head)
		want := model(middle, tail)
		for _, im := range aal5.Implementations() {
			for _, part := range []struct {
				before uint32
				octets []byte
				after  uint32
			}{{crc, p, want}, {crc, head, middle}, {middle, tail, want}} {
				if len(part.octets) < im.Least {
					continue
				}
				if got := im.Update(part.before, part.octets); got != part.after {
					t.Fatalf("%s, %d octets: %#08x, want %#08x", im.Name, len(part.octets), got, part.after)
				}
			}
		}
	})
}

// pages maps so many pages.
func pages(tb testing.TB, n int) []byte {
	tb.Helper()
	m, err := unix.Mmap(-1, 0, n*unix.Getpagesize(), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANONYMOUS)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := unix.Munmap(m); err != nil {
			tb.Error(err)
		}
	})
	return m
}

// guarded is a page between two that are out of bounds.
func guarded(tb testing.TB) []byte {
	tb.Helper()
	size := unix.Getpagesize()
	m := pages(tb, 3)
	for _, wall := range [][]byte{m[:size], m[2*size:]} {
		if err := unix.Mprotect(wall, unix.PROT_NONE); err != nil {
			tb.Fatal(err)
		}
	}
	return m[size : 2*size : 2*size]
}

package vc

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"net"
	"strings"
)

// AddrKind tells the two forms of an ATM address apart.
type AddrKind uint8

// The forms of an ATM address. The zero value is no address.
const (
	NoAddr AddrKind = iota
	// AESA is a 20-octet ATM end system address (X.213 Annex A).
	AESA
	// E164 is a native public number of 1 to 15 digits.
	E164
)

// AESALen is the size of an ATM end system address in octets.
const AESALen = 20

// selOctet is the place of the selector, which is not used for routing.
const selOctet = AESALen - 1

// Addr is an ATM address. It is comparable and passed by value; the zero value
// is no address.
type Addr struct {
	kind AddrKind
	n    uint8 // digits of an E.164 number
	b    [AESALen]byte
}

// AddrFromAESA makes an address of the 20 octets of an AESA.
func AddrFromAESA(b [AESALen]byte) Addr { return Addr{kind: AESA, n: AESALen, b: b} }

// AddrFromE164 makes an address of 1 to 15 decimal digits.
func AddrFromE164(digits string) (Addr, error) {
	if len(digits) < 1 || len(digits) > 15 {
		return Addr{}, fmt.Errorf("vc: E.164 number %q has %d digits, want 1 to 15", digits, len(digits))
	}
	a := Addr{kind: E164, n: uint8(len(digits))}
	for i := range len(digits) {
		if digits[i] < '0' || digits[i] > '9' {
			return Addr{}, fmt.Errorf("vc: E.164 number %q has a character that is no digit: %q", digits, digits[i])
		}
		a.b[i] = digits[i]
	}
	return a, nil
}

// AddrFromMAC makes the address that a link has without configuration: AFI 49
// (local), twelve zero octets, the MAC as end system identifier, selector 0.
func AddrFromMAC(mac [6]byte) Addr {
	a := Addr{kind: AESA, n: AESALen}
	a.b[0] = 0x49
	copy(a.b[13:19], mac[:])
	return a
}

// ParseAddr reads an address: 40 hexadecimal digits with dots anywhere (an
// AESA), or 1 to 15 decimal digits with an optional leading plus sign (a
// native E.164 number).
func ParseAddr(s string) (Addr, error) {
	if d, ok := strings.CutPrefix(s, "+"); ok {
		return AddrFromE164(d)
	}
	digits := strings.ReplaceAll(s, ".", "")
	if len(digits) != 2*AESALen {
		if len(digits) >= 1 && len(digits) <= 15 && strings.Trim(digits, "0123456789") == "" && !strings.Contains(s, ".") {
			return AddrFromE164(digits)
		}
		return Addr{}, fmt.Errorf("vc: address %q: want 40 hexadecimal digits (dots allowed; this has %d) or an E.164 number of 1 to 15 decimal digits", s, len(digits))
	}
	var b [AESALen]byte
	if _, err := hex.Decode(b[:], []byte(digits)); err != nil {
		return Addr{}, fmt.Errorf("vc: address %q: %w", s, err)
	}
	return AddrFromAESA(b), nil
}

// Kind returns the form of the address.
func (a Addr) Kind() AddrKind { return a.kind }

// IsValid reports whether a is an address at all.
func (a Addr) IsValid() bool { return a.kind != NoAddr }

// AESA returns the 20 octets of an AESA; ok is false for another kind.
func (a Addr) AESA() (b [AESALen]byte, ok bool) { return a.b, a.kind == AESA }

// Digits returns the digits of an E.164 number, or "" for another kind.
func (a Addr) Digits() string {
	if a.kind != E164 {
		return ""
	}
	return string(a.b[:a.n])
}

// ESI returns the end system identifier of an AESA (octets 14 to 19); ok is
// false for another kind.
func (a Addr) ESI() (esi [6]byte, ok bool) {
	copy(esi[:], a.b[13:19])
	return esi, a.kind == AESA
}

// Selector returns the last octet of an AESA, or 0 for another kind.
func (a Addr) Selector() byte {
	if a.kind != AESA {
		return 0
	}
	return a.b[selOctet]
}

// WithSelector returns a with its selector replaced. It returns an address
// that is no AESA unchanged.
func (a Addr) WithSelector(sel byte) Addr {
	if a.kind == AESA {
		a.b[selOctet] = sel
	}
	return a
}

// SameSystem reports whether a and b name the same end system: equal but for
// the selector.
func (a Addr) SameSystem(b Addr) bool { return a.WithSelector(0) == b.WithSelector(0) }

// String formats an AESA as forty digits with dots after the AFI's area, the
// prefix and the end system identifier, and an E.164 number with a plus sign.
func (a Addr) String() string {
	switch a.kind {
	case NoAddr:
		return ""
	case E164:
		return "+" + a.Digits()
	case AESA:
	}
	h := hex.EncodeToString(a.b[:])
	return h[:2] + "." + h[2:6] + "." + h[6:26] + "." + h[26:38] + "." + h[38:]
}

// MarshalText implements [encoding.TextMarshaler] with [Addr.String].
func (a Addr) MarshalText() ([]byte, error) { return []byte(a.String()), nil }

// Prefix is the beginning of AESAs or of E.164 numbers, for routing. The zero
// value matches nothing.
type Prefix struct {
	kind   AddrKind
	digits string // half octets in lower-case hexadecimal, or decimal digits
}

// ParsePrefix reads a prefix: 1 to 38 hexadecimal digits with dots anywhere
// (an AESA without its selector at most), or a plus sign and 1 to 15 decimal
// digits (E.164).
func ParsePrefix(s string) (Prefix, error) {
	if d, ok := strings.CutPrefix(s, "+"); ok {
		if _, err := AddrFromE164(d); err != nil {
			return Prefix{}, fmt.Errorf("vc: prefix %q: %w", s, err)
		}
		return Prefix{kind: E164, digits: d}, nil
	}
	d := strings.ToLower(strings.ReplaceAll(s, ".", ""))
	if len(d) < 1 || len(d) > 2*selOctet || strings.Trim(d, "0123456789abcdef") != "" {
		return Prefix{}, fmt.Errorf("vc: prefix %q: want 1 to 38 hexadecimal digits (dots allowed), or + and decimal digits", s)
	}
	return Prefix{kind: AESA, digits: d}, nil
}

// Len returns the length of the prefix in digits (half octets of an AESA).
func (p Prefix) Len() int { return len(p.digits) }

// Match reports whether a begins with the prefix.
func (p Prefix) Match(a Addr) bool {
	if p.kind == NoAddr || p.kind != a.kind {
		return false
	}
	if p.kind == E164 {
		return strings.HasPrefix(a.Digits(), p.digits)
	}
	var h [2 * AESALen]byte
	hex.Encode(h[:], a.b[:])
	return bytes.HasPrefix(h[:], []byte(p.digits))
}

// String formats the prefix as [ParsePrefix] reads it.
func (p Prefix) String() string {
	if p.kind == E164 {
		return "+" + p.digits
	}
	return p.digits
}

// MAC is an Ethernet address. It is comparable.
type MAC [6]byte

// ParseMAC reads six octets as "02:00:00:00:00:02" and refuses the zero
// address and group addresses, which name no host.
func ParseMAC(s string) (MAC, error) {
	hw, err := net.ParseMAC(s)
	if err != nil || len(hw) != len(MAC{}) {
		return MAC{}, fmt.Errorf("vc: %q is no Ethernet address: want six octets such as 02:00:00:00:00:02", s)
	}
	m := MAC(hw)
	if m == (MAC{}) || m[0]&1 != 0 {
		return MAC{}, fmt.Errorf("vc: %q is a zero, group or broadcast address: want that of one host", s)
	}
	return m, nil
}

// String formats the address with colons.
func (m MAC) String() string { return net.HardwareAddr(m[:]).String() }

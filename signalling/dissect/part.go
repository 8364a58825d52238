package dissect

import "encoding/hex"

// Octets are octets that JSON shows in hexadecimal.
type Octets []byte

// MarshalText implements [encoding.TextMarshaler].
func (o Octets) MarshalText() ([]byte, error) { return hex.AppendEncode(nil, o), nil }

// UnmarshalText implements [encoding.TextUnmarshaler].
func (o *Octets) UnmarshalText(text []byte) (err error) {
	*o, err = hex.DecodeString(string(text))
	return err
}

// A Field is a value of the standard in some bits of a [Part].
type Field struct {
	Name string `json:"name"`
	// Value is a uint64, or octets in hexadecimal or characters as a string.
	Value any `json:"value"`
	// Text is the value in words, empty if it has none.
	Text string `json:"text,omitempty"`
}

// A Part is a run of whole octets with what they mean.
type Part struct {
	Offset int     `json:"offset"` // octets from the beginning of the SDU
	Raw    Octets  `json:"raw"`
	Fields []Field `json:"fields"`
	// Wrong says what makes the octets unreadable, empty if nothing does.
	Wrong string `json:"wrong,omitempty"`
}

// words puts a value into words; nil and an empty result mean that it has none.
type words func(uint64) string

// list gives the words of the values from 0 on.
func list(text ...string) words {
	return func(v uint64) string {
		if v < uint64(len(text)) {
			return text[v]
		}
		return ""
	}
}

// unit gives a value its unit.
func unit(name string) words { return func(uint64) string { return name } }

// bits is a field in an octet or a number: the bits of a mask, moved to the right.
type bits struct {
	name string
	mask uint64
	say  words
}

// of reads the field from a value.
func (f bits) of(v uint64) Field {
	v &= f.mask
	for m := f.mask; m != 0 && m&1 == 0; m >>= 1 {
		v >>= 1
	}
	field := Field{Name: f.name, Value: v}
	if f.say != nil {
		field.Text = f.say(v)
	}
	return field
}

// A scan reads parts one after the other. It reads as far as there are octets: what needs more than
// there is becomes a part that says so.
type scan struct {
	b     []byte
	at    int
	base  int // offset of b in the SDU
	parts []Part
}

// left returns how many octets are unread.
func (s *scan) left() int { return len(s.b) - s.at }

// peek returns the next octet, or 0 if there is none.
func (s *scan) peek() byte {
	if s.left() == 0 {
		return 0
	}
	return s.b[s.at]
}

// part takes n octets, or what is left of them, and adds their part, which the caller may complete:
// whole tells that they are all there.
func (s *scan) part(n int, what string) (p *Part, whole bool) {
	k := min(n, s.left())
	p = &Part{Offset: s.base + s.at, Raw: Octets(s.b[s.at : s.at+k : s.at+k])}
	s.at += k
	if k == 0 && n > 0 {
		return p, false // nothing there, nothing to show
	}
	s.parts = append(s.parts, *p)
	p = &s.parts[len(s.parts)-1]
	if k < n {
		p.Fields = []Field{{Name: what, Value: hex.EncodeToString(p.Raw)}}
		p.Wrong = "cut short"
		return p, false
	}
	return p, true
}

// num reads a number of n octets that consists of fields, and returns it.
func (s *scan) num(n int, fields ...bits) (v uint64) {
	p, whole := s.part(n, fields[0].name)
	if !whole {
		return 0
	}
	for _, o := range p.Raw {
		v = v<<8 | uint64(o)
	}
	for _, f := range fields {
		p.Fields = append(p.Fields, f.of(v))
	}
	return v
}

// octet is num for one octet.
func (s *scan) octet(fields ...bits) byte { return byte(s.num(1, fields...)) }

// octets reads n octets of free contents.
func (s *scan) octets(name string, n int) {
	if n == 0 {
		return
	}
	if p, whole := s.part(n, name); whole {
		p.Fields = []Field{{Name: name, Value: hex.EncodeToString(p.Raw)}}
	}
}

// digits reads the rest as characters if they are digits.
func (s *scan) digits(name string) {
	if s.left() == 0 {
		return
	}
	p, _ := s.part(s.left(), name)
	value := string(p.Raw)
	for _, o := range p.Raw {
		if o < '0' || o > '9' {
			value = hex.EncodeToString(p.Raw)
		}
	}
	p.Fields = []Field{{Name: name, Value: value}}
}

// rest reads all that is left.
func (s *scan) rest(name string) { s.octets(name, s.left()) }

// end shows what no field has asked for.
func (s *scan) end() []Part {
	if s.left() > 0 {
		p, _ := s.part(s.left(), "")
		p.Fields = []Field{{Name: "surplus octets", Value: hex.EncodeToString(p.Raw)}}
		p.Wrong = "not expected here"
	}
	return s.parts
}

// A subfield is a value behind its identifier.
type subfield struct {
	name string
	size int // octets of the value
	say  words
	// fields, if there are any, are the bits of the value.
	fields []bits
}

// subfields reads identifiers with values in any order, to the end.
func (s *scan) subfields(known map[byte]subfield) {
	for s.left() > 0 {
		f, ok := known[s.peek()]
		if !ok {
			return // the rest is surplus: its length is not known
		}
		p, whole := s.part(1+f.size, f.name)
		if !whole {
			return
		}
		var v uint64
		for _, o := range p.Raw[1:] {
			v = v<<8 | uint64(o)
		}
		switch {
		case len(f.fields) > 0:
			for _, b := range f.fields {
				p.Fields = append(p.Fields, b.of(v))
			}
		case f.size == 0:
			p.Fields = []Field{{Name: f.name, Value: uint64(1)}}
		default:
			p.Fields = []Field{bits{f.name, 1<<(8*f.size) - 1, f.say}.of(v)}
		}
	}
}

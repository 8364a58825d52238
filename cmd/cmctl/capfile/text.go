package capfile

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"callmanager/signalling/dissect"
)

// maxLine is the longest line of a text: an SDU of 64 KiB, and blanks.
const maxLine = 256 << 10

// readText reads octets in hexadecimal: lines of time, direction, channel, length and octets, or octets
// alone, where an empty line ends an SDU. A # begins a comment.
func readText(r io.Reader, f func(*Packet) error) error {
	s := bufio.NewScanner(r)
	s.Buffer(nil, maxLine)
	t := textReader{f: f}
	for number := 1; s.Scan(); number++ {
		if err := t.line(number, s.Text()); err != nil {
			return err
		}
	}
	if err := s.Err(); err != nil {
		if errors.Is(err, bufio.ErrTooLong) {
			return fmt.Errorf("neither pcap nor pcapng nor text: a line of more than %d characters", maxLine)
		}
		return err
	}
	return t.flush()
}

// textReader is the state of readText.
type textReader struct {
	f      func(*Packet) error
	number int
	octets []byte
	at     int // line on which the octets began
}

// line reads one line.
func (t *textReader) line(number int, line string) error {
	text, _, comment := strings.Cut(line, "#")
	if strings.TrimSpace(text) == "" {
		if comment { // within an SDU, perhaps
			return nil
		}
		return t.flush()
	}
	if fields := strings.Fields(text); len(fields) >= 4 && strings.ContainsAny(fields[1], "<>") {
		if err := t.flush(); err != nil {
			return err
		}
		return t.captured(number, text, fields)
	}
	if len(t.octets) == 0 {
		t.at = number
	}
	b, err := ParseHex(text)
	if err != nil {
		return fmt.Errorf("line %d, %w", number, err)
	}
	t.octets = append(t.octets, b...)
	return nil
}

// flush ends an SDU.
func (t *textReader) flush() error {
	if len(t.octets) == 0 {
		return nil
	}
	t.number++
	p := &Packet{Number: t.number, Offset: int64(t.at - 1), Signalling: true, SDU: t.octets}
	t.octets = nil
	return t.f(p)
}

// captured reads a line of time, direction, channel, length and octets.
func (t *textReader) captured(number int, line string, fields []string) error {
	fail := func(format string, v ...any) error {
		return fmt.Errorf("line %d: %s", number, fmt.Sprintf(format, v...))
	}
	t.number++
	p := &Packet{Number: t.number, Offset: int64(number - 1)}
	seconds, err := strconv.ParseFloat(fields[0], 64)
	if err != nil {
		return fail("%q is no time in seconds", fields[0])
	}
	p.Time = time.Unix(0, 0).Add(time.Duration(seconds * float64(time.Second)))
	from, to, ok := strings.Cut(fields[1], ">")
	if !ok || from == "" || to == "" || from == to {
		return fail("%q is no direction such as A>B", fields[1])
	}
	p.Link, p.Sender = from+"-"+to, dissect.Here
	if from > to {
		p.Link, p.Sender = to+"-"+from, dissect.There
	}
	var vpi, vci uint16
	if n, err := fmt.Sscanf(fields[2], "%d/%d", &vpi, &vci); n != 2 || err != nil {
		return fail("%q is no VPI/VCI", fields[2])
	}
	p.channel(vpi, vci)
	size, err := strconv.Atoi(fields[3])
	if err != nil {
		return fail("%q is no length in octets", fields[3])
	}
	start := len(line) - len(strings.TrimLeft(line, " \t"))
	for _, f := range fields[:4] {
		start = strings.Index(line[start:], f) + start + len(f)
	}
	if p.SDU, err = ParseHex(line[start:]); err != nil {
		if he, ok := errors.AsType[*HexError](err); ok {
			he.Column += start
		}
		return fmt.Errorf("line %d, %w", number, err)
	}
	if len(p.SDU) != size {
		return fail("%d octets, but the line says %d", len(p.SDU), size)
	}
	return t.f(p)
}

// HexError says where text is not hexadecimal.
type HexError struct {
	Column int // from 1
	Octet  int // octets in front of it
	Reason string
}

// Error implements error.
func (e *HexError) Error() string {
	return fmt.Sprintf("column %d (octet %d): %s", e.Column, e.Octet, e.Reason)
}

// ParseHex reads octets in hexadecimal. Blanks, colons, commas and 0x may stand between octets. The
// error is a *[HexError].
func ParseHex(s string) ([]byte, error) {
	var b []byte
	for i := 0; i < len(s); {
		switch c := s[i]; {
		case c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == ':' || c == ',':
			i++
			continue
		case c == '0' && i+1 < len(s) && (s[i+1] == 'x' || s[i+1] == 'X'):
			i += 2
			continue
		}
		hi, ok := digit(s[i])
		if !ok {
			return nil, &HexError{i + 1, len(b), fmt.Sprintf("%q is no hexadecimal digit", s[i])}
		}
		if i+1 == len(s) {
			return nil, &HexError{i + 1, len(b), "the last octet has one digit only"}
		}
		lo, ok := digit(s[i+1])
		if !ok {
			return nil, &HexError{i + 2, len(b), fmt.Sprintf("%q is no hexadecimal digit", s[i+1])}
		}
		b = append(b, hi<<4|lo)
		i += 2
	}
	return b, nil
}

func digit(c byte) (byte, bool) {
	switch {
	case '0' <= c && c <= '9':
		return c - '0', true
	case 'a' <= c && c <= 'f':
		return c - 'a' + 10, true
	case 'A' <= c && c <= 'F':
		return c - 'A' + 10, true
	}
	return 0, false
}

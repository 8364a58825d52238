package atmtcp

import (
	"context"
	"net"
)

// WithDial replaces TCP on the connecting side.
func (c Config) WithDial(dial func(context.Context) (net.Conn, error)) Config {
	c.dial = dial
	return c
}

// WithListen replaces TCP on the listening side.
func (c Config) WithListen(listen func(context.Context) (net.Listener, error)) Config {
	c.listen = listen
	return c
}

// A Record is one record of a stream.
type Record struct {
	VPI, VCI uint16
	Length   uint32
	SDU      string
	Oversize bool
}

// Records is a sink that keeps what comes.
type Records []Record

func (r *Records) record(h header, sdu []byte) {
	*r = append(*r, Record{VPI: h.vpi, VCI: h.vci, Length: h.length, SDU: string(sdu)})
}

func (r *Records) oversize(h header) {
	*r = append(*r, Record{VPI: h.vpi, VCI: h.vci, Length: h.length, Oversize: true})
}

// A Scanner is a scanner with its records.
type Scanner struct {
	s scanner
	Records
}

// Feed takes the next octets.
func (s *Scanner) Feed(b []byte) error { return s.s.feed(b, &s.Records) }

// Cut reports whether the stream would end within a record.
func (s *Scanner) Cut() bool { return s.s.cut() }

// Held returns the octets that are kept for later.
func (s *Scanner) Held() int { return len(s.s.part) }

// AppendRecord writes a record.
func AppendRecord(b []byte, vpi, vci uint16, sdu []byte) []byte {
	return append(header{vpi, vci, uint32(len(sdu))}.append(b), sdu...)
}

// MaxLength is the largest length that a record can have.
const MaxLength = maxLength

package atmtcp

import (
	"encoding/binary"
	"fmt"
)

const (
	// MaxSDU is the largest SDU of a link in octets: what the kernel's atmtcp takes.
	MaxSDU = 65528
	// maxLength is the largest length that a record can have (the CPCS-SDU of AAL5, I.363.5). Beyond
	// it the stream is no stream of records, or its reader has lost its place.
	maxLength = 65535
	// headerLen is the size of a record's header in octets.
	headerLen = 8
)

// A header begins a record:
//
//	+---------------+---------------+
//	|      VPI      |      VCI      |   16 bits each
//	+---------------+---------------+
//	|            length             |   octets of the SDU that follows
//	+-------------------------------+
type header struct {
	vpi, vci uint16
	length   uint32
}

// parseHeader reads a header from at least headerLen octets.
func parseHeader(b []byte) header {
	return header{binary.BigEndian.Uint16(b), binary.BigEndian.Uint16(b[2:]), binary.BigEndian.Uint32(b[4:])}
}

// append writes a header behind b.
func (h header) append(b []byte) []byte {
	b = binary.BigEndian.AppendUint16(b, h.vpi)
	b = binary.BigEndian.AppendUint16(b, h.vci)
	return binary.BigEndian.AppendUint32(b, h.length)
}

// notice reports whether the record is text about the peer's VCs.
func (h header) notice() bool { return h.vpi == 0 && h.vci == 0 }

// A lengthError is a length that no record has.
type lengthError uint32

func (e lengthError) Error() string {
	return fmt.Sprintf("a record of %d octets: this is no atmtcp stream", uint32(e))
}

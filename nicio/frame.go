package nicio

import (
	"encoding/binary"
	"fmt"
	"net"
)

// HeaderLen is the length of an Ethernet II header in octets: destination 6, source 6, EtherType 2
// (IEEE 802.3-2022 3.1.1 with a Type field). The payload of every frame starts at this offset.
const HeaderLen = 14

// BatchSize is the number of frames that one system call moves at most. It is also the size of
// batch to offer to [Port.ReadBatch] and [Port.WriteBatch]; larger ones are legal and gain nothing.
const BatchSize = 64

// EtherTypeMPLS is the EtherType of MPLS unicast (RFC 5332 4), the default of [Config].
const EtherTypeMPLS = 0x8847

// MAC is a 48-bit Ethernet address in wire order. It is comparable and is passed by value.
type MAC [6]byte

// ParseMAC reads the textual forms that [net.ParseMAC] knows and accepts 48-bit addresses only.
func ParseMAC(s string) (MAC, error) {
	hw, err := net.ParseMAC(s)
	if err != nil {
		return MAC{}, fmt.Errorf("nicio: parse address %q: %w", s, err)
	}
	if len(hw) != len(MAC{}) {
		return MAC{}, fmt.Errorf("nicio: parse address %q: %d octets, want 6", s, len(hw))
	}
	return MAC(hw), nil
}

// String returns the six octets in lower-case hexadecimal, joined by colons.
func (m MAC) String() string { return net.HardwareAddr(m[:]).String() }

// Uint64 returns the address as a number below 2^48, first octet most significant. The lower of two
// addresses in the standard's sense is the one with the lower number.
func (m MAC) Uint64() uint64 {
	return uint64(binary.BigEndian.Uint16(m[0:2]))<<32 | uint64(binary.BigEndian.Uint32(m[2:6]))
}

// IsGroup reports whether the address is a multicast or the broadcast address
// (IEEE 802-2014 8.2.2: the I/G bit).
func (m MAC) IsGroup() bool { return m[0]&1 != 0 }

// IsZero reports whether all octets are zero, which no station has.
func (m MAC) IsZero() bool { return m == MAC{} }

// An RxFrame is one element of a receive batch. The caller owns the memory: it sets Buf once and
// gets the frame written there. The port keeps no reference to Buf after [Port.ReadBatch] has
// returned.
type RxFrame struct {
	// Buf receives the frame from its Ethernet header on. Its length is the snap length: a frame
	// that does not fit is dropped and counted ([Stats].RxTruncated). [FrameSize] tells the length
	// for an MTU.
	Buf []byte
	// Len is set by ReadBatch: octets of the frame, header included, HeaderLen <= Len <= len(Buf).
	// It includes the padding of short frames that a NIC adds; the payload's own length field tells
	// its real length.
	Len int
}

// FrameSize returns the octets of an untagged frame, header included and FCS excluded, whose
// payload fills an MTU given in octets.
func FrameSize(mtu int) int { return HeaderLen + mtu }

// Dest returns the destination address. It is the port's own address in every frame that ReadBatch
// delivers.
func (f *RxFrame) Dest() MAC { return MAC(f.Buf[0:6]) }

// Source returns the address of the station that sent the frame.
func (f *RxFrame) Source() MAC { return MAC(f.Buf[6:12]) }

// EtherType returns the EtherType of the frame.
func (f *RxFrame) EtherType() uint16 { return binary.BigEndian.Uint16(f.Buf[12:14]) }

// Payload returns the octets behind the Ethernet header, with the padding if there is any. It
// aliases Buf. Valid after ReadBatch delivered the frame.
func (f *RxFrame) Payload() []byte { return f.Buf[HeaderLen:f.Len:f.Len] }

// A TxFrame is one element of a transmit batch: the frame is Head followed by Body. Head holds the
// Ethernet header and the encapsulation; Body is the payload, typically straight in a VC's ring,
// and may be empty. The caller owns both; the port neither writes to them nor keeps a reference
// after [Port.WriteBatch] has returned. A Body in memory that another process can write is safe for
// the port: the octets are read once, by the kernel.
type TxFrame struct {
	Head []byte
	Body []byte
}

// PutHeader writes an Ethernet header into the first [HeaderLen] octets of b and returns the rest
// of b.
func PutHeader(b []byte, dst, src MAC, etherType uint16) []byte {
	h := b[:HeaderLen:HeaderLen]
	copy(h[0:6], dst[:])
	copy(h[6:12], src[:])
	binary.BigEndian.PutUint16(h[12:14], etherType)
	return b[HeaderLen:]
}

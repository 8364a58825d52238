package cell

import (
	"encoding/binary"
	"fmt"
)

// A Function is what an OAM cell is for: type<4> function<4>, its first octet (I.610 clause 7.1).
type Function uint8

// The functions of fault management.
const (
	// AIS tells those downstream of a defect (alarm indication signal).
	AIS Function = 0x10
	// RDI tells the far end of a defect (remote defect indication).
	RDI Function = 0x11
	// ContinuityCheck shows that the connection is there when no data does.
	ContinuityCheck Function = 0x14
	// LoopbackCell asks for itself back.
	LoopbackCell Function = 0x18
)

// String returns the function's name.
func (f Function) String() string {
	switch f {
	case AIS:
		return "AIS"
	case RDI:
		return "RDI"
	case ContinuityCheck:
		return "continuity check"
	case LoopbackCell:
		return "loopback"
	}
	return fmt.Sprintf("Function(%#02x)", uint8(f))
}

const (
	// unused fills the octets of an OAM cell that nothing is in (I.610 clause 7.1).
	unused = 0x6A
	// functionLen is the size of type and function, with which the body begins.
	functionLen = 1
)

// A Location names a point of the network (I.610 clause 10.3).
type Location [16]byte

// EndPoint is the location of whoever ends the connection or segment: all ones.
var EndPoint = Location{
	0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
}

// NoLocation is the location of those who tell none: every octet is 0x6A.
var NoLocation = Location{
	unused, unused, unused, unused, unused, unused, unused, unused,
	unused, unused, unused, unused, unused, unused, unused, unused,
}

// Function checks the CRC-10 of an OAM cell and returns what it is for; the fault is [BadCRC10] or
// none.
func (b *Body) Function() (Function, Fault) {
	if !b.Sealed() {
		return 0, BadCRC10
	}
	return Function(b[0]), NoFault
}

// clear makes the cell one of a function with nothing in it.
func (b *Body) clear(f Function) {
	b[0] = uint8(f)
	for i := functionLen; i < crcAt; i++ {
		b[i] = unused
	}
}

// PutContinuity writes a continuity check cell (I.610 clause 10.2.1).
func (b *Body) PutContinuity() {
	b.clear(ContinuityCheck)
	b.Seal()
}

// A Defect is the contents of an AIS or RDI cell (I.610 clause 10.1):
//
//	+----------+-------------+----------------------+------------------+
//	| function | defect type |   defect location    |     unused       |
//	+----------+-------------+----------------------+------------------+
//	 1          1             16                     28 octets of 0x6A
type Defect struct {
	// Type is the kind of the defect, 0x6A if not told.
	Type uint8
	// Location is where it was seen, [NoLocation] if not told.
	Location Location
}

// NoDefect is a defect of which nothing is told.
var NoDefect = Defect{unused, NoLocation}

// PutDefect writes an AIS or RDI cell.
func (b *Body) PutDefect(f Function, d Defect) {
	b.clear(f)
	b[1] = d.Type
	copy(b[2:18], d.Location[:])
	b.Seal()
}

// Defect reads an AIS or RDI cell; the fault is [BadCRC10], [WrongFunction] or none.
func (b *Body) Defect() (f Function, d Defect, fault Fault) {
	f, fault = b.Function()
	if fault != NoFault {
		return f, d, fault
	}
	if f != AIS && f != RDI {
		return f, d, WrongFunction
	}
	return f, Defect{b[1], Location(b[2:18])}, NoFault
}

// A Loopback is the contents of a loopback cell (I.610 clause 10.3):
//
//	+----------+------------+-----------------+-------------------+----------+----------+
//	| function | indication | correlation tag | loopback location |  source  |  unused  |
//	+----------+------------+-----------------+-------------------+----------+----------+
//	 1          1 (LSB)      4                 16                  16         8 octets of 0x6A
type Loopback struct {
	// Forward says that the cell is still to be looped; the looper clears it.
	Forward bool
	// Tag is the sender's, to know its cell again.
	Tag uint32
	// Location is who is to loop, [EndPoint] or [NoLocation] for an end.
	Location Location
	// Source is who asks, [NoLocation] if not told.
	Source Location
}

// PutLoopback writes a loopback cell.
func (b *Body) PutLoopback(l Loopback) {
	b.clear(LoopbackCell)
	b[1] = 0
	if l.Forward {
		b[1] = 1
	}
	binary.BigEndian.PutUint32(b[2:6], l.Tag)
	copy(b[6:22], l.Location[:])
	copy(b[22:38], l.Source[:])
	b.Seal()
}

// Loopback reads a loopback cell; the fault is [BadCRC10], [WrongFunction] or none.
func (b *Body) Loopback() (l Loopback, fault Fault) {
	f, fault := b.Function()
	if fault != NoFault {
		return l, fault
	}
	if f != LoopbackCell {
		return l, WrongFunction
	}
	return Loopback{
		Forward: b[1]&1 != 0, Tag: binary.BigEndian.Uint32(b[2:6]),
		Location: Location(b[6:22]), Source: Location(b[22:38]),
	}, NoFault
}

// LoopBack turns a loopback cell round in place: its indication is cleared and its CRC-10 made anew.
// Every other octet goes back as it came, which is what a sender knows its cell by. The caller has
// read it with [Body.Loopback].
func (b *Body) LoopBack() {
	b[1] &^= 1
	b.Seal()
}

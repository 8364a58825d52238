package ring

import (
	"errors"
	"fmt"
)

var (
	// ErrCorrupt matches, by errors.Is, every CorruptError.
	ErrCorrupt = errors.New("ring: violated by its peer")
	// ErrFull says that there is no room in the ring now.
	ErrFull = errors.New("ring: full")
	// ErrTooLarge says that a payload will never fit: it exceeds MaxPayload.
	ErrTooLarge = errors.New("ring: payload exceeds the ring's maximum")
	// ErrPeerGone says that the other end is closed or its process dead, and that nothing is left to read.
	ErrPeerGone = errors.New("ring: peer is gone")
)

// Word names a shared word of a ring.
type Word uint8

// The words whose contents can violate the layout (RING.md section 7). The zero Word is none of them.
const (
	_ Word = iota
	// WordTail is the producer's index.
	WordTail
	// WordHead is the consumer's index.
	WordHead
	// WordHeader is the header of a record.
	WordHeader
)

// String returns the word's name in RING.md.
func (w Word) String() string {
	switch w {
	case WordTail:
		return "tail"
	case WordHead:
		return "head"
	case WordHeader:
		return "record header"
	default:
		return fmt.Sprintf("word %d", uint8(w))
	}
}

// CorruptError says which word of a ring the peer set to a value that the layout forbids. The Producer or
// Consumer that met it stays unusable. errors.Is(err, ErrCorrupt) holds.
type CorruptError struct {
	// Word is the shared word.
	Word Word
	// Value is what was read from it.
	Value uint64
	// Head and Tail are this side's indices at that time, in octets since the creation of the ring.
	Head, Tail uint64
}

// Error says which word held what.
func (e *CorruptError) Error() string {
	return fmt.Sprintf("ring: %s is %#x while head is %#x and tail %#x", e.Word, e.Value, e.Head, e.Tail)
}

// Is reports whether target is ErrCorrupt.
func (e *CorruptError) Is(target error) bool { return target == ErrCorrupt }

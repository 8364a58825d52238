package ring

import (
	"fmt"
	"sync/atomic"
)

// Version is the version of the memory layout that this package reads and writes (RING.md section 2).
const Version = 1

// Sizes of a ring's record area in octets. Every size is a power of two.
const (
	// MinSize is the smallest ring that can be made; it holds records of up to 24 octets.
	MinSize = 64
	// MaxSize is the largest ring that can be made.
	MaxSize = 1 << 30
	// DefaultSize is the size of a ring whose Params name none.
	DefaultSize = 256 << 10
)

// Offsets in the shared file (RING.md section 2). layout_test.go asserts them against the types below.
const (
	magic          = uint64(0x31474E4952444D43) // "CMDRING1" in the octet order of a little-endian host.
	headerOctets   = 4096
	pageOctets     = 4096
	toDaemonOffset = 0x200
	toClientOffset = 0x400
)

// preamble is the read-only start of the file. The daemon writes it once and never reads it; a client copies
// it once when it opens the file.
type preamble struct {
	magic      uint64
	version    uint32
	header     uint32 // Octets before the first record area.
	fileOctets uint64
	toDaemon   area
	toClient   area
}

// area is where a ring's records lie in the file.
type area struct {
	offset uint64
	octets uint64
}

// control is one ring's control block. The words of the producer, of the consumer and of the daemon's counters
// are 128 octets apart, so that no two writers share a line or a pair of lines that is fetched together.
type control struct {
	tail          atomic.Uint64 // Octets ever published; written by the producer.
	closed        atomic.Uint32 // Not 0: the producer publishes no more; written by the producer.
	producerWaits atomic.Uint32 // 1: ring when half is free; set by the producer, cleared by either.
	_             [112]byte

	head           atomic.Uint64 // Octets ever released; written by the consumer.
	consumerSleeps atomic.Uint32 // 1: ring when something is published; set by the consumer, cleared by either.
	_              [116]byte

	droppedRecords atomic.Uint64 // Records lost at this ring; written by the daemon.
	droppedOctets  atomic.Uint64 // Their payload octets; written by the daemon.
	_              [112]byte

	_ [128]byte // Reserved, zero.
}

// reset brings the words back to those of a new ring. Nobody else is to be at work on it; a client that is, breaks
// its ring.
func (c *control) reset() {
	c.tail.Store(0)
	c.closed.Store(0)
	c.producerWaits.Store(0)
	c.head.Store(0)
	c.consumerSleeps.Store(0)
	c.droppedRecords.Store(0)
	c.droppedOctets.Store(0)
}

// geometry computes the read-only part for two normalised ring sizes.
func geometry(toDaemon, toClient int) preamble {
	first := area{offset: headerOctets, octets: uint64(toDaemon)}
	second := area{offset: pageAlign(first.offset + first.octets), octets: uint64(toClient)}
	return preamble{
		magic:      magic,
		version:    Version,
		header:     headerOctets,
		fileOctets: pageAlign(second.offset + second.octets),
		toDaemon:   first,
		toClient:   second,
	}
}

// validate checks a preamble read from a file of the given size (RING.md section 2).
func (p *preamble) validate(fileOctets uint64) error {
	switch {
	case p.magic != magic:
		return fmt.Errorf("ring: magic %#x, want %#x", p.magic, magic)
	case p.version != Version:
		return fmt.Errorf("ring: layout version %d, want %d", p.version, Version)
	case p.header != headerOctets:
		return fmt.Errorf("ring: header of %d octets, want %d", p.header, headerOctets)
	case p.fileOctets != fileOctets:
		return fmt.Errorf("ring: header names a file of %d octets, it has %d", p.fileOctets, fileOctets)
	}
	for _, a := range []area{p.toDaemon, p.toClient} {
		if err := a.validate(fileOctets); err != nil {
			return err
		}
	}
	if p.toDaemon.offset < p.toClient.offset+p.toClient.octets && p.toClient.offset < p.toDaemon.offset+p.toDaemon.octets {
		return fmt.Errorf("ring: record areas at %#x and %#x overlap", p.toDaemon.offset, p.toClient.offset)
	}
	return nil
}

// validate checks that a record area is well formed and inside the file.
func (a area) validate(fileOctets uint64) error {
	switch {
	case a.octets < MinSize || a.octets > MaxSize || a.octets&(a.octets-1) != 0:
		return fmt.Errorf("ring: record area of %d octets", a.octets)
	case a.offset < headerOctets || a.offset%pageOctets != 0:
		return fmt.Errorf("ring: record area at offset %#x", a.offset)
	case a.offset > fileOctets || a.octets > fileOctets-a.offset:
		return fmt.Errorf("ring: record area at %#x of %d octets leaves the file of %d", a.offset, a.octets, fileOctets)
	}
	return nil
}

// pageAlign rounds up to a whole page.
func pageAlign(n uint64) uint64 { return (n + pageOctets - 1) &^ (pageOctets - 1) }

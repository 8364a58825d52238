package nicio

import (
	"fmt"

	"golang.org/x/net/bpf"
)

const (
	// labelOffset is where the top MPLS label stack entry starts in a SOCK_RAW frame: behind the
	// Ethernet header.
	labelOffset = HeaderLen
	// labelEnd is the shortest frame that has one.
	labelEnd = labelOffset + 4
	// labelShift leaves the 20 label bits of the entry (RFC 3032 2.1).
	labelShift = 12
	// maxLabel is the largest label.
	maxLabel = 1<<20 - 1
	// maxFilterLabels keeps every jump of the program within its 8 bits.
	maxFilterLabels = 64
	// keepAll is a filter's verdict "keep the frame"; beyond the longest frame, so nothing is cut.
	keepAll = 1 << 18
)

// AcceptLabels returns a classic BPF program that keeps exactly the frames whose top MPLS label
// (RFC 3032 2.1) is one of labels: 1 to 64 different values of 20 bits. The frame starts with its
// Ethernet header, as on a SOCK_RAW socket. Frames too short for a label are refused. The program
// is data, for [Config].Filter.
//
// AcceptLabels and [RejectLabels] with the same labels are exact complements: of two sockets with
// one each, every frame reaches one.
func AcceptLabels(labels ...uint32) ([]bpf.RawInstruction, error) {
	return labelFilter(labels, keepAll, 0)
}

// RejectLabels returns the complement of [AcceptLabels]: it keeps every frame whose top label is
// none of labels, and every frame that is too short to have one, so that the reader counts it.
func RejectLabels(labels ...uint32) ([]bpf.RawInstruction, error) {
	return labelFilter(labels, 0, keepAll)
}

// labelFilter assembles the program of matches that look at the label alone.
func labelFilter(labels []uint32, hit, miss uint32) ([]bpf.RawInstruction, error) {
	if err := checkLabels(labels); err != nil {
		return nil, err
	}
	matches := make([]Match, len(labels))
	for i, label := range labels {
		matches[i].Label = label
	}
	return assemble(matches, hit, miss)
}

func checkLabels(labels []uint32) error {
	if len(labels) == 0 || len(labels) > maxFilterLabels {
		return fmt.Errorf("nicio: label filter: %d labels, want 1 to %d", len(labels), maxFilterLabels)
	}
	seen := make(map[uint32]bool, len(labels))
	for _, label := range labels {
		if label > maxLabel {
			return fmt.Errorf("nicio: label filter: %#x does not fit 20 bits", label)
		}
		if seen[label] {
			return fmt.Errorf("nicio: label filter: label %#x is listed twice", label)
		}
		seen[label] = true
	}
	return nil
}

// rejectAll returns the program that keeps nothing. It is attached while a port has no interface.
func rejectAll() []bpf.RawInstruction {
	return []bpf.RawInstruction{{Op: opRetK}}
}

// keepFilter returns the program that keeps everything, for a port without a filter.
func keepFilter() []bpf.RawInstruction {
	return []bpf.RawInstruction{{Op: opRetK, K: keepAll}}
}

// opRetK is BPF_RET | BPF_K.
const opRetK = 0x06

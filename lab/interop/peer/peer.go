package peer

// Port is the TCP port of the program in the guest.
const Port = 5000

// The operations of a [Request].
const (
	// OpRun runs Script in the guest's shell.
	OpRun = "run"
	// OpListen takes calls and sends every SDU back.
	OpListen = "listen"
	// OpCall makes a call, sends Sizes, and wants each SDU back before it sends the next one.
	OpCall = "call"
)

// Request is what the harness asks for.
type Request struct {
	Op     string
	Script string `json:",omitempty"`
	// Address is the AESA that is called or listened on, and Local the calling one: 20 octets each.
	Address []byte `json:",omitempty"`
	Local   []byte `json:",omitempty"`
	QoS     QoS
	SAP     SAP
	// Sizes are the sizes in octets of the SDUs that a caller sends, with contents by [Fill].
	Sizes []int `json:",omitempty"`
	// Releases makes this side release: a caller when all has come back, a listener when it has sent
	// that many SDUs back. A caller with 0 asks the other side to release by one more SDU, of one octet,
	// when all has come back: a release takes from the kernel's socket what it holds unread.
	Releases int
}

// Report is what happens in the guest.
type Report struct {
	// What is "listening", "accepted", "connected", "released", "output" or "failed".
	What string
	// Text is the output of a script, or what failed, and Status a script's exit status.
	Text   string `json:",omitempty"`
	Status int    `json:",omitempty"`
	// QoS of an accepted or connected call, and the VPI and VCI of its VC.
	QoS QoS
	VPI int `json:",omitempty"`
	VCI int `json:",omitempty"`
	// SDUs and Octets count what came in.
	SDUs   int `json:",omitempty"`
	Octets int `json:",omitempty"`
	// Done ends the request.
	Done bool `json:",omitempty"`
}

// QoS is what a socket of the kernel's stack asks for or has. Both directions are alike.
type QoS struct {
	// CBR is false for UBR.
	CBR bool `json:",omitempty"`
	// PCR in cells/s; 0 is none.
	PCR int `json:",omitempty"`
	// MaxSDU in octets.
	MaxSDU int `json:",omitempty"`
}

// SAP is what a socket compares of a SETUP; the zero value compares nothing.
type SAP struct {
	// BHLI is what the element has from octet 5 on.
	BHLI []byte `json:",omitempty"`
	// L2 is the protocol of layer 2 of the B-LLI (Q.2931 clause 4.5.9); 0 is none.
	L2 uint8 `json:",omitempty"`
}

// Fill writes the contents of the SDU of this size into b: they differ from one size to the next.
func Fill(b []byte) {
	x := uint32(len(b))*2654435761 + 1
	for i := range b {
		x ^= x << 13
		x ^= x >> 17
		x ^= x << 5
		b[i] = byte(x)
	}
}

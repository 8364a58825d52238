package primitive

import "callmanager/vc"

// CallID names a call on a link between the client model and the link. The
// side that creates the call chooses it: the client model for outgoing calls
// (bit 63 clear), the link for incoming ones (bit 63 set). It is not reused.
type CallID uint64

// IncomingCall is the bit that the identifiers of incoming calls carry.
const IncomingCall CallID = 1 << 63

// PartyID names a party of a point-to-multipoint call between the client model
// and the link. The first party is 0. The side that adds one chooses: the client
// model at the root (bit 31 clear, not 0), the link at a leaf (bit 31 set). It is
// not reused within a call. The link maps it to an endpoint reference.
type PartyID uint32

// FirstParty is the party of the SETUP.
const FirstParty PartyID = 0

// AddedParty is the bit that the identifiers carry that a link chooses.
const AddedParty PartyID = 1 << 31

// Params are the parameters of a call, as SETUP and CONNECT carry them, or of a
// party, whose contract is that of the call.
type Params struct {
	Called, Calling vc.Addr
	Contract        vc.Contract
	// Multipoint asks for a point-to-multipoint call: this end is its root, and
	// nothing flows backward (UNI 4.0 section 5: rates and SDU size are zero).
	Multipoint bool
	// Permanent tells that the call is the use of a PVC: nothing of it is signalled or negotiated.
	Permanent bool
	// Fallback is what the caller accepts in place of the contract, as far as it is
	// still open: an answer may choose it. Of an active call it is empty.
	Fallback vc.Fallback
	// QoS is what the caller asks of the way, and what that has come to.
	QoS vc.QoS
	// BHLI and BLLI are the contents (octet 5 on) of the B-HLI element and of
	// each B-LLI element in order of preference. Owned by the value.
	BHLI []byte
	BLLI [][]byte
	// UserUser is the user-user information of SETUP in a request and an offer, of
	// CONNECT in an answer: protocol discriminator first, 1 to 128 octets; empty
	// for none.
	UserUser []byte
}

package sscop

// State is a state of an SSCOP connection, numbered as in Q.2110 clause 7.3. The zero value is no
// state.
type State uint8

// The ten states of Q.2110.
const (
	Idle                         State = 1
	OutgoingConnectionPending    State = 2
	IncomingConnectionPending    State = 3
	OutgoingDisconnectionPending State = 4
	OutgoingResyncPending        State = 5
	IncomingResyncPending        State = 6
	OutgoingRecoveryPending      State = 7
	RecoveryResponsePending      State = 8
	IncomingRecoveryPending      State = 9
	DataTransferReady            State = 10
)

// numStates is the size of an array indexed by State.
const numStates = int(DataTransferReady) + 1

// String returns the name of the Recommendation.
func (s State) String() string {
	switch s {
	case Idle:
		return "Idle"
	case OutgoingConnectionPending:
		return "Outgoing Connection Pending"
	case IncomingConnectionPending:
		return "Incoming Connection Pending"
	case OutgoingDisconnectionPending:
		return "Outgoing Disconnection Pending"
	case OutgoingResyncPending:
		return "Outgoing Resynchronization Pending"
	case IncomingResyncPending:
		return "Incoming Resynchronization Pending"
	case OutgoingRecoveryPending:
		return "Outgoing Recovery Pending"
	case RecoveryResponsePending:
		return "Recovery Response Pending"
	case IncomingRecoveryPending:
		return "Incoming Recovery Pending"
	case DataTransferReady:
		return "Data Transfer Ready"
	}
	return "invalid state"
}

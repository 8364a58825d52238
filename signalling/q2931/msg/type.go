package msg

import "fmt"

// Type is a message type, octet 6 (Q.2931 4.4).
type Type uint8

// The message types of Q.2931, Q.2932, Q.2963.1, Q.2971 and UNI 4.0.
const (
	Alerting            Type = 0x01
	CallProceeding      Type = 0x02
	Progress            Type = 0x03 // Q2931
	Setup               Type = 0x05
	Connect             Type = 0x07
	SetupAck            Type = 0x0b // Q2931; the value is the ATM one, ISDN has 0x0d
	ConnectAck          Type = 0x0f
	CoBiSetup           Type = 0x15 // Q2931: connection oriented bearer independent set-up, Q.2932
	Restart             Type = 0x46
	Release             Type = 0x4d
	RestartAck          Type = 0x4e
	ReleaseComplete     Type = 0x5a
	Facility            Type = 0x62 // Q2931
	Notify              Type = 0x6e
	StatusEnquiry       Type = 0x75
	Information         Type = 0x7b // Q2931
	Status              Type = 0x7d
	AddParty            Type = 0x80
	AddPartyAck         Type = 0x81
	AddPartyReject      Type = 0x82
	DropParty           Type = 0x83
	DropPartyAck        Type = 0x84
	PartyAlerting       Type = 0x85
	ModifyRequest       Type = 0x88
	ModifyAck           Type = 0x89
	ModifyReject        Type = 0x8a
	ConnectionAvailable Type = 0x8b
	LeafSetupFailure    Type = 0x90
	LeafSetupRequest    Type = 0x91
)

// String returns the name of the message as the Recommendation writes it, or its number.
func (t Type) String() string {
	if r := byType[t]; r != nil {
		return r.name
	}
	return fmt.Sprintf("message 0x%02x", uint8(t))
}

package ie

import "fmt"

// ID is the identifier of an information element, octet 1 (Q.2931 4.5.1, table 4-3).
type ID uint8

// The identifiers of Q.2931, Q.2932, Q.2962, Q.2963, Q.2971, UNI 4.0 and PNNI.
const (
	IDNarrowbandBearer   ID = 0x04 // narrowband bearer capability
	IDCause              ID = 0x08
	IDCallState          ID = 0x14
	IDFacility           ID = 0x1c
	IDProgress           ID = 0x1e // progress indicator
	IDNotification       ID = 0x27 // notification indicator
	IDTransitDelay       ID = 0x42 // end-to-end transit delay
	IDConnectedNumber    ID = 0x4c
	IDConnectedSub       ID = 0x4d // connected subaddress
	IDEndpointRef        ID = 0x54
	IDEndpointState      ID = 0x55
	IDAAL                ID = 0x58 // ATM adaptation layer parameters
	IDTD                 ID = 0x59 // ATM traffic descriptor
	IDConnID             ID = 0x5a // connection identifier
	IDOAMTD              ID = 0x5b // OAM traffic descriptor
	IDQoS                ID = 0x5c // quality of service parameter
	IDBHLI               ID = 0x5d // broadband high layer information
	IDBearer             ID = 0x5e // broadband bearer capability
	IDBLLI               ID = 0x5f // broadband low layer information
	IDLockingShift       ID = 0x60
	IDNonLockingShift    ID = 0x61
	IDSendingComplete    ID = 0x62
	IDRepeat             ID = 0x63 // broadband repeat indicator
	IDCallingNumber      ID = 0x6c
	IDCallingSub         ID = 0x6d // calling party subaddress
	IDCalledNumber       ID = 0x70
	IDCalledSub          ID = 0x71 // called party subaddress
	IDTNS                ID = 0x78 // transit network selection
	IDRestart            ID = 0x79 // restart indicator
	IDNarrowbandLLC      ID = 0x7c // narrowband low layer compatibility
	IDNarrowbandHLC      ID = 0x7d // narrowband high layer compatibility
	IDUserUser           ID = 0x7e
	IDGIT                ID = 0x7f // generic identifier transport
	IDMinTD              ID = 0x81 // minimum acceptable ATM traffic descriptor
	IDAltTD              ID = 0x82 // alternative ATM traffic descriptor
	IDABRSetup           ID = 0x84 // ABR setup parameters
	IDReportType         ID = 0x89 // broadband report type
	IDCalledSoftPVC      ID = 0xe0 // PNNI
	IDCrankback          ID = 0xe1 // PNNI
	IDDTL                ID = 0xe2 // PNNI designated transit list
	IDCallingSoftPVC     ID = 0xe3 // PNNI
	IDABRAdditional      ID = 0xe4 // ABR additional parameters
	IDLIJCallID          ID = 0xe8 // leaf initiated join call identifier
	IDLIJParameters      ID = 0xe9 // leaf initiated join parameters
	IDLeafSequence       ID = 0xea // leaf sequence number
	IDConnectionScope    ID = 0xeb // connection scope selection
	IDExtQoS             ID = 0xec // extended QoS parameters
	IDMinDesiredCellRate ID = 0xf0 // minimum desired cell rate, af-cs-0147
)

// String returns the name of the element as the Recommendation writes it, or its number.
func (id ID) String() string {
	if inf := Lookup(id); inf != nil {
		return inf.Name
	}
	return fmt.Sprintf("element 0x%02x", uint8(id))
}

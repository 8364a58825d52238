from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

AAL_PARAMS_UNSUPPORTED: Status
ADDRESS_CHANGE: StatusKind
BESTEFFORT: ServiceType
CALLS: ListKind
CALL_ACTIVE: Status
CATEGORY_UNSPECIFIED: Category
CBR: Category
CELLRATE_NOT_AVAILABLE: Status
CLOSING: Status
CONTROLLEDLOAD: ServiceType
DESCRIPTOR: _descriptor.FileDescriptor
DEST_OUT_OF_ORDER: Status
FAILURE: Status
GUARANTEED: ServiceType
INCOMPATIBLE_QOS: Status
INVALID_ADDRESS: Status
INVALID_DATA: Status
INVALID_SAP: Status
LINKS: ListKind
LIST_UNSPECIFIED: ListKind
NOTRAFFIC: ServiceType
NOT_ACCEPTED: Status
NOT_PERMITTED: Status
NOT_SUPPORTED: Status
NO_ROUTE_TO_DESTINATION: Status
NRT_VBR: Category
PENDING: Status
PVCS: ListKind
QUALITATIVE: ServiceType
REQUEST_ABORTED: Status
RESET_END: StatusKind
RESET_START: StatusKind
RESOURCES: Status
ROUND_DOWN: Rounding
ROUND_UNSPECIFIED: Rounding
ROUND_UP: Rounding
RT_VBR: Category
SAPS: ListKind
SAP_IN_USE: Status
SIGNALING_DISABLED: StatusKind
SIGNALING_ENABLED: StatusKind
STATUS_UNSPECIFIED: StatusKind
SUCCESS: Status
UBR: Category
VCS: ListKind
VC_NOT_ACTIVATED: Status
VC_NOT_AVAILABLE: Status
VERSION_MISMATCH: Status

class AddAddress(_message.Message):
    __slots__ = ["address"]
    ADDRESS_FIELD_NUMBER: _ClassVar[int]
    address: str
    def __init__(self, address: _Optional[str] = ...) -> None: ...

class AddPVC(_message.Message):
    __slots__ = ["pvc"]
    PVC_FIELD_NUMBER: _ClassVar[int]
    pvc: PVCConfig
    def __init__(self, pvc: _Optional[_Union[PVCConfig, _Mapping]] = ...) -> None: ...

class AddParty(_message.Message):
    __slots__ = ["parameters", "vc"]
    PARAMETERS_FIELD_NUMBER: _ClassVar[int]
    VC_FIELD_NUMBER: _ClassVar[int]
    parameters: CallParameters
    vc: int
    def __init__(self, vc: _Optional[int] = ..., parameters: _Optional[_Union[CallParameters, _Mapping]] = ...) -> None: ...

class AddPartyComplete(_message.Message):
    __slots__ = ["cause", "channel", "detail", "parameters", "party", "request", "status", "vc"]
    CAUSE_FIELD_NUMBER: _ClassVar[int]
    CHANNEL_FIELD_NUMBER: _ClassVar[int]
    DETAIL_FIELD_NUMBER: _ClassVar[int]
    PARAMETERS_FIELD_NUMBER: _ClassVar[int]
    PARTY_FIELD_NUMBER: _ClassVar[int]
    REQUEST_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    VC_FIELD_NUMBER: _ClassVar[int]
    cause: Cause
    channel: ChannelID
    detail: str
    parameters: CallParameters
    party: int
    request: int
    status: Status
    vc: int
    def __init__(self, request: _Optional[int] = ..., vc: _Optional[int] = ..., party: _Optional[int] = ..., status: _Optional[_Union[Status, str]] = ..., detail: _Optional[str] = ..., cause: _Optional[_Union[Cause, _Mapping]] = ..., parameters: _Optional[_Union[CallParameters, _Mapping]] = ..., channel: _Optional[_Union[ChannelID, _Mapping]] = ...) -> None: ...

class AddressesResult(_message.Message):
    __slots__ = ["addresses"]
    ADDRESSES_FIELD_NUMBER: _ClassVar[int]
    addresses: _containers.RepeatedCompositeFieldContainer[OwnAddress]
    def __init__(self, addresses: _Optional[_Iterable[_Union[OwnAddress, _Mapping]]] = ...) -> None: ...

class AdminClose(_message.Message):
    __slots__ = ["vc"]
    VC_FIELD_NUMBER: _ClassVar[int]
    vc: int
    def __init__(self, vc: _Optional[int] = ...) -> None: ...

class AdminModify(_message.Message):
    __slots__ = ["parameters", "vc"]
    PARAMETERS_FIELD_NUMBER: _ClassVar[int]
    VC_FIELD_NUMBER: _ClassVar[int]
    parameters: CallParameters
    vc: int
    def __init__(self, vc: _Optional[int] = ..., parameters: _Optional[_Union[CallParameters, _Mapping]] = ...) -> None: ...

class Alert(_message.Message):
    __slots__ = ["user_user", "vc"]
    USER_USER_FIELD_NUMBER: _ClassVar[int]
    VC_FIELD_NUMBER: _ClassVar[int]
    user_user: bytes
    vc: int
    def __init__(self, vc: _Optional[int] = ..., user_user: _Optional[bytes] = ...) -> None: ...

class Branch(_message.Message):
    __slots__ = ["channel", "counters", "opening", "parties"]
    CHANNEL_FIELD_NUMBER: _ClassVar[int]
    COUNTERS_FIELD_NUMBER: _ClassVar[int]
    OPENING_FIELD_NUMBER: _ClassVar[int]
    PARTIES_FIELD_NUMBER: _ClassVar[int]
    channel: ChannelID
    counters: _containers.RepeatedCompositeFieldContainer[Counter]
    opening: bool
    parties: int
    def __init__(self, channel: _Optional[_Union[ChannelID, _Mapping]] = ..., parties: _Optional[int] = ..., opening: bool = ..., counters: _Optional[_Iterable[_Union[Counter, _Mapping]]] = ...) -> None: ...

class Call(_message.Message):
    __slots__ = ["age_ms", "call_reference", "called", "calling", "contract", "link", "ours", "reserved", "state", "vc", "vci", "vpi"]
    AGE_MS_FIELD_NUMBER: _ClassVar[int]
    CALLED_FIELD_NUMBER: _ClassVar[int]
    CALLING_FIELD_NUMBER: _ClassVar[int]
    CALL_REFERENCE_FIELD_NUMBER: _ClassVar[int]
    CONTRACT_FIELD_NUMBER: _ClassVar[int]
    LINK_FIELD_NUMBER: _ClassVar[int]
    OURS_FIELD_NUMBER: _ClassVar[int]
    RESERVED_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    VCI_FIELD_NUMBER: _ClassVar[int]
    VC_FIELD_NUMBER: _ClassVar[int]
    VPI_FIELD_NUMBER: _ClassVar[int]
    age_ms: int
    call_reference: int
    called: str
    calling: str
    contract: Contract
    link: str
    ours: bool
    reserved: int
    state: str
    vc: int
    vci: int
    vpi: int
    def __init__(self, link: _Optional[str] = ..., call_reference: _Optional[int] = ..., ours: bool = ..., state: _Optional[str] = ..., vc: _Optional[int] = ..., vpi: _Optional[int] = ..., vci: _Optional[int] = ..., called: _Optional[str] = ..., calling: _Optional[str] = ..., contract: _Optional[_Union[Contract, _Mapping]] = ..., reserved: _Optional[int] = ..., age_ms: _Optional[int] = ...) -> None: ...

class CallConnected(_message.Message):
    __slots__ = ["vc"]
    VC_FIELD_NUMBER: _ClassVar[int]
    vc: int
    def __init__(self, vc: _Optional[int] = ...) -> None: ...

class CallInformation(_message.Message):
    __slots__ = ["calls", "connected_ms", "parties", "receive", "transmit", "vc"]
    CALLS_FIELD_NUMBER: _ClassVar[int]
    CONNECTED_MS_FIELD_NUMBER: _ClassVar[int]
    PARTIES_FIELD_NUMBER: _ClassVar[int]
    RECEIVE_FIELD_NUMBER: _ClassVar[int]
    TRANSMIT_FIELD_NUMBER: _ClassVar[int]
    VC_FIELD_NUMBER: _ClassVar[int]
    calls: _containers.RepeatedCompositeFieldContainer[Call]
    connected_ms: int
    parties: int
    receive: FlowSpec
    transmit: FlowSpec
    vc: VC
    def __init__(self, vc: _Optional[_Union[VC, _Mapping]] = ..., calls: _Optional[_Iterable[_Union[Call, _Mapping]]] = ..., connected_ms: _Optional[int] = ..., parties: _Optional[int] = ..., transmit: _Optional[_Union[FlowSpec, _Mapping]] = ..., receive: _Optional[_Union[FlowSpec, _Mapping]] = ...) -> None: ...

class CallParameters(_message.Message):
    __slots__ = ["alternative", "bhli", "blli", "called", "called_selector", "calling", "changed", "contract", "minimum", "multipoint", "permanent", "qos", "receive", "rounding", "transmit", "user_user"]
    ALTERNATIVE_FIELD_NUMBER: _ClassVar[int]
    BHLI_FIELD_NUMBER: _ClassVar[int]
    BLLI_FIELD_NUMBER: _ClassVar[int]
    CALLED_FIELD_NUMBER: _ClassVar[int]
    CALLED_SELECTOR_FIELD_NUMBER: _ClassVar[int]
    CALLING_FIELD_NUMBER: _ClassVar[int]
    CHANGED_FIELD_NUMBER: _ClassVar[int]
    CONTRACT_FIELD_NUMBER: _ClassVar[int]
    MINIMUM_FIELD_NUMBER: _ClassVar[int]
    MULTIPOINT_FIELD_NUMBER: _ClassVar[int]
    PERMANENT_FIELD_NUMBER: _ClassVar[int]
    QOS_FIELD_NUMBER: _ClassVar[int]
    RECEIVE_FIELD_NUMBER: _ClassVar[int]
    ROUNDING_FIELD_NUMBER: _ClassVar[int]
    TRANSMIT_FIELD_NUMBER: _ClassVar[int]
    USER_USER_FIELD_NUMBER: _ClassVar[int]
    alternative: Contract
    bhli: bytes
    blli: _containers.RepeatedScalarFieldContainer[bytes]
    called: str
    called_selector: int
    calling: str
    changed: bool
    contract: Contract
    minimum: PeakRates
    multipoint: bool
    permanent: bool
    qos: QoS
    receive: FlowSpec
    rounding: Rounding
    transmit: FlowSpec
    user_user: bytes
    def __init__(self, called: _Optional[str] = ..., calling: _Optional[str] = ..., contract: _Optional[_Union[Contract, _Mapping]] = ..., bhli: _Optional[bytes] = ..., blli: _Optional[_Iterable[bytes]] = ..., changed: bool = ..., called_selector: _Optional[int] = ..., user_user: _Optional[bytes] = ..., minimum: _Optional[_Union[PeakRates, _Mapping]] = ..., alternative: _Optional[_Union[Contract, _Mapping]] = ..., qos: _Optional[_Union[QoS, _Mapping]] = ..., multipoint: bool = ..., permanent: bool = ..., transmit: _Optional[_Union[FlowSpec, _Mapping]] = ..., receive: _Optional[_Union[FlowSpec, _Mapping]] = ..., rounding: _Optional[_Union[Rounding, str]] = ...) -> None: ...

class CallProgress(_message.Message):
    __slots__ = ["alerting", "indicators", "user_user", "vc"]
    ALERTING_FIELD_NUMBER: _ClassVar[int]
    INDICATORS_FIELD_NUMBER: _ClassVar[int]
    USER_USER_FIELD_NUMBER: _ClassVar[int]
    VC_FIELD_NUMBER: _ClassVar[int]
    alerting: bool
    indicators: _containers.RepeatedCompositeFieldContainer[ProgressIndicator]
    user_user: bytes
    vc: int
    def __init__(self, vc: _Optional[int] = ..., alerting: bool = ..., indicators: _Optional[_Iterable[_Union[ProgressIndicator, _Mapping]]] = ..., user_user: _Optional[bytes] = ...) -> None: ...

class Capture(_message.Message):
    __slots__ = ["channels", "links", "no_control", "no_data", "on", "snaplen"]
    CHANNELS_FIELD_NUMBER: _ClassVar[int]
    LINKS_FIELD_NUMBER: _ClassVar[int]
    NO_CONTROL_FIELD_NUMBER: _ClassVar[int]
    NO_DATA_FIELD_NUMBER: _ClassVar[int]
    ON_FIELD_NUMBER: _ClassVar[int]
    SNAPLEN_FIELD_NUMBER: _ClassVar[int]
    channels: _containers.RepeatedCompositeFieldContainer[CaptureChannel]
    links: _containers.RepeatedScalarFieldContainer[str]
    no_control: bool
    no_data: bool
    on: bool
    snaplen: int
    def __init__(self, on: bool = ..., links: _Optional[_Iterable[str]] = ..., channels: _Optional[_Iterable[_Union[CaptureChannel, _Mapping]]] = ..., no_control: bool = ..., no_data: bool = ..., snaplen: _Optional[int] = ...) -> None: ...

class CaptureChannel(_message.Message):
    __slots__ = ["vci", "vpi"]
    VCI_FIELD_NUMBER: _ClassVar[int]
    VPI_FIELD_NUMBER: _ClassVar[int]
    vci: int
    vpi: int
    def __init__(self, vpi: _Optional[int] = ..., vci: _Optional[int] = ...) -> None: ...

class CaptureLink(_message.Message):
    __slots__ = ["captured", "dropped", "id", "interface", "name"]
    CAPTURED_FIELD_NUMBER: _ClassVar[int]
    DROPPED_FIELD_NUMBER: _ClassVar[int]
    ID_FIELD_NUMBER: _ClassVar[int]
    INTERFACE_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    captured: int
    dropped: int
    id: int
    interface: str
    name: str
    def __init__(self, id: _Optional[int] = ..., name: _Optional[str] = ..., interface: _Optional[str] = ..., captured: _Optional[int] = ..., dropped: _Optional[int] = ...) -> None: ...

class CapturePackets(_message.Message):
    __slots__ = ["packets"]
    PACKETS_FIELD_NUMBER: _ClassVar[int]
    packets: _containers.RepeatedCompositeFieldContainer[CapturedPacket]
    def __init__(self, packets: _Optional[_Iterable[_Union[CapturedPacket, _Mapping]]] = ...) -> None: ...

class CaptureState(_message.Message):
    __slots__ = ["ended", "links", "more"]
    ENDED_FIELD_NUMBER: _ClassVar[int]
    LINKS_FIELD_NUMBER: _ClassVar[int]
    MORE_FIELD_NUMBER: _ClassVar[int]
    ended: bool
    links: _containers.RepeatedCompositeFieldContainer[CaptureLink]
    more: bool
    def __init__(self, links: _Optional[_Iterable[_Union[CaptureLink, _Mapping]]] = ..., ended: bool = ..., more: bool = ...) -> None: ...

class CapturedPacket(_message.Message):
    __slots__ = ["control", "length", "link", "octets", "sent", "time_ns", "vci", "vpi"]
    CONTROL_FIELD_NUMBER: _ClassVar[int]
    LENGTH_FIELD_NUMBER: _ClassVar[int]
    LINK_FIELD_NUMBER: _ClassVar[int]
    OCTETS_FIELD_NUMBER: _ClassVar[int]
    SENT_FIELD_NUMBER: _ClassVar[int]
    TIME_NS_FIELD_NUMBER: _ClassVar[int]
    VCI_FIELD_NUMBER: _ClassVar[int]
    VPI_FIELD_NUMBER: _ClassVar[int]
    control: bool
    length: int
    link: int
    octets: bytes
    sent: bool
    time_ns: int
    vci: int
    vpi: int
    def __init__(self, time_ns: _Optional[int] = ..., link: _Optional[int] = ..., sent: bool = ..., control: bool = ..., vpi: _Optional[int] = ..., vci: _Optional[int] = ..., length: _Optional[int] = ..., octets: _Optional[bytes] = ...) -> None: ...

class Cause(_message.Message):
    __slots__ = ["diagnostic", "location", "text", "value"]
    DIAGNOSTIC_FIELD_NUMBER: _ClassVar[int]
    LOCATION_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    diagnostic: bytes
    location: int
    text: str
    value: int
    def __init__(self, value: _Optional[int] = ..., location: _Optional[int] = ..., diagnostic: _Optional[bytes] = ..., text: _Optional[str] = ...) -> None: ...

class ChannelID(_message.Message):
    __slots__ = ["link", "vci", "vpi"]
    LINK_FIELD_NUMBER: _ClassVar[int]
    VCI_FIELD_NUMBER: _ClassVar[int]
    VPI_FIELD_NUMBER: _ClassVar[int]
    link: str
    vci: int
    vpi: int
    def __init__(self, link: _Optional[str] = ..., vpi: _Optional[int] = ..., vci: _Optional[int] = ...) -> None: ...

class ClientBatch(_message.Message):
    __slots__ = ["messages"]
    MESSAGES_FIELD_NUMBER: _ClassVar[int]
    messages: _containers.RepeatedCompositeFieldContainer[ClientMessage]
    def __init__(self, messages: _Optional[_Iterable[_Union[ClientMessage, _Mapping]]] = ...) -> None: ...

class ClientMessage(_message.Message):
    __slots__ = ["add_address", "add_party", "add_pvc", "admin_close", "admin_modify", "alert", "batch", "capture", "close_af", "close_call", "create_vc", "delete_address", "delete_pvc", "delete_vc", "deregister_sap", "drop_party", "get_addresses", "get_call_information", "get_statistics", "get_status", "incoming_call_complete", "list", "make_call", "modify_call_qos", "notify", "notify_close_af_complete", "open_af", "register_sap", "request", "restart", "ring_done", "trace"]
    ADD_ADDRESS_FIELD_NUMBER: _ClassVar[int]
    ADD_PARTY_FIELD_NUMBER: _ClassVar[int]
    ADD_PVC_FIELD_NUMBER: _ClassVar[int]
    ADMIN_CLOSE_FIELD_NUMBER: _ClassVar[int]
    ADMIN_MODIFY_FIELD_NUMBER: _ClassVar[int]
    ALERT_FIELD_NUMBER: _ClassVar[int]
    BATCH_FIELD_NUMBER: _ClassVar[int]
    CAPTURE_FIELD_NUMBER: _ClassVar[int]
    CLOSE_AF_FIELD_NUMBER: _ClassVar[int]
    CLOSE_CALL_FIELD_NUMBER: _ClassVar[int]
    CREATE_VC_FIELD_NUMBER: _ClassVar[int]
    DELETE_ADDRESS_FIELD_NUMBER: _ClassVar[int]
    DELETE_PVC_FIELD_NUMBER: _ClassVar[int]
    DELETE_VC_FIELD_NUMBER: _ClassVar[int]
    DEREGISTER_SAP_FIELD_NUMBER: _ClassVar[int]
    DROP_PARTY_FIELD_NUMBER: _ClassVar[int]
    GET_ADDRESSES_FIELD_NUMBER: _ClassVar[int]
    GET_CALL_INFORMATION_FIELD_NUMBER: _ClassVar[int]
    GET_STATISTICS_FIELD_NUMBER: _ClassVar[int]
    GET_STATUS_FIELD_NUMBER: _ClassVar[int]
    INCOMING_CALL_COMPLETE_FIELD_NUMBER: _ClassVar[int]
    LIST_FIELD_NUMBER: _ClassVar[int]
    MAKE_CALL_FIELD_NUMBER: _ClassVar[int]
    MODIFY_CALL_QOS_FIELD_NUMBER: _ClassVar[int]
    NOTIFY_CLOSE_AF_COMPLETE_FIELD_NUMBER: _ClassVar[int]
    NOTIFY_FIELD_NUMBER: _ClassVar[int]
    OPEN_AF_FIELD_NUMBER: _ClassVar[int]
    REGISTER_SAP_FIELD_NUMBER: _ClassVar[int]
    REQUEST_FIELD_NUMBER: _ClassVar[int]
    RESTART_FIELD_NUMBER: _ClassVar[int]
    RING_DONE_FIELD_NUMBER: _ClassVar[int]
    TRACE_FIELD_NUMBER: _ClassVar[int]
    add_address: AddAddress
    add_party: AddParty
    add_pvc: AddPVC
    admin_close: AdminClose
    admin_modify: AdminModify
    alert: Alert
    batch: ClientBatch
    capture: Capture
    close_af: CloseAF
    close_call: CloseCall
    create_vc: CreateVC
    delete_address: DeleteAddress
    delete_pvc: DeletePVC
    delete_vc: DeleteVC
    deregister_sap: DeregisterSAP
    drop_party: DropParty
    get_addresses: GetAddresses
    get_call_information: GetCallInformation
    get_statistics: GetStatistics
    get_status: GetStatus
    incoming_call_complete: IncomingCallComplete
    list: List
    make_call: MakeCall
    modify_call_qos: ModifyCallQoS
    notify: Notify
    notify_close_af_complete: NotifyCloseAFComplete
    open_af: OpenAF
    register_sap: RegisterSAP
    request: int
    restart: Restart
    ring_done: RingDone
    trace: Trace
    def __init__(self, request: _Optional[int] = ..., open_af: _Optional[_Union[OpenAF, _Mapping]] = ..., close_af: _Optional[_Union[CloseAF, _Mapping]] = ..., register_sap: _Optional[_Union[RegisterSAP, _Mapping]] = ..., deregister_sap: _Optional[_Union[DeregisterSAP, _Mapping]] = ..., create_vc: _Optional[_Union[CreateVC, _Mapping]] = ..., delete_vc: _Optional[_Union[DeleteVC, _Mapping]] = ..., make_call: _Optional[_Union[MakeCall, _Mapping]] = ..., incoming_call_complete: _Optional[_Union[IncomingCallComplete, _Mapping]] = ..., close_call: _Optional[_Union[CloseCall, _Mapping]] = ..., ring_done: _Optional[_Union[RingDone, _Mapping]] = ..., get_status: _Optional[_Union[GetStatus, _Mapping]] = ..., list: _Optional[_Union[List, _Mapping]] = ..., admin_close: _Optional[_Union[AdminClose, _Mapping]] = ..., trace: _Optional[_Union[Trace, _Mapping]] = ..., capture: _Optional[_Union[Capture, _Mapping]] = ..., restart: _Optional[_Union[Restart, _Mapping]] = ..., notify: _Optional[_Union[Notify, _Mapping]] = ..., alert: _Optional[_Union[Alert, _Mapping]] = ..., modify_call_qos: _Optional[_Union[ModifyCallQoS, _Mapping]] = ..., add_party: _Optional[_Union[AddParty, _Mapping]] = ..., drop_party: _Optional[_Union[DropParty, _Mapping]] = ..., admin_modify: _Optional[_Union[AdminModify, _Mapping]] = ..., add_pvc: _Optional[_Union[AddPVC, _Mapping]] = ..., delete_pvc: _Optional[_Union[DeletePVC, _Mapping]] = ..., batch: _Optional[_Union[ClientBatch, _Mapping]] = ..., notify_close_af_complete: _Optional[_Union[NotifyCloseAFComplete, _Mapping]] = ..., add_address: _Optional[_Union[AddAddress, _Mapping]] = ..., delete_address: _Optional[_Union[DeleteAddress, _Mapping]] = ..., get_addresses: _Optional[_Union[GetAddresses, _Mapping]] = ..., get_call_information: _Optional[_Union[GetCallInformation, _Mapping]] = ..., get_statistics: _Optional[_Union[GetStatistics, _Mapping]] = ...) -> None: ...

class CloseAF(_message.Message):
    __slots__ = []
    def __init__(self) -> None: ...

class CloseAFComplete(_message.Message):
    __slots__ = ["request", "status"]
    REQUEST_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    request: int
    status: Status
    def __init__(self, request: _Optional[int] = ..., status: _Optional[_Union[Status, str]] = ...) -> None: ...

class CloseCall(_message.Message):
    __slots__ = ["cause", "close_data", "linger_ms", "vc"]
    CAUSE_FIELD_NUMBER: _ClassVar[int]
    CLOSE_DATA_FIELD_NUMBER: _ClassVar[int]
    LINGER_MS_FIELD_NUMBER: _ClassVar[int]
    VC_FIELD_NUMBER: _ClassVar[int]
    cause: Cause
    close_data: bytes
    linger_ms: int
    vc: int
    def __init__(self, vc: _Optional[int] = ..., linger_ms: _Optional[int] = ..., cause: _Optional[_Union[Cause, _Mapping]] = ..., close_data: _Optional[bytes] = ...) -> None: ...

class CloseCallComplete(_message.Message):
    __slots__ = ["cause", "dropped", "request", "sent", "status", "user_user", "vc"]
    CAUSE_FIELD_NUMBER: _ClassVar[int]
    DROPPED_FIELD_NUMBER: _ClassVar[int]
    REQUEST_FIELD_NUMBER: _ClassVar[int]
    SENT_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    USER_USER_FIELD_NUMBER: _ClassVar[int]
    VC_FIELD_NUMBER: _ClassVar[int]
    cause: Cause
    dropped: int
    request: int
    sent: int
    status: Status
    user_user: bytes
    vc: int
    def __init__(self, request: _Optional[int] = ..., vc: _Optional[int] = ..., status: _Optional[_Union[Status, str]] = ..., cause: _Optional[_Union[Cause, _Mapping]] = ..., sent: _Optional[int] = ..., dropped: _Optional[int] = ..., user_user: _Optional[bytes] = ...) -> None: ...

class Contract(_message.Message):
    __slots__ = ["backward", "category", "forward"]
    BACKWARD_FIELD_NUMBER: _ClassVar[int]
    CATEGORY_FIELD_NUMBER: _ClassVar[int]
    FORWARD_FIELD_NUMBER: _ClassVar[int]
    backward: Flow
    category: Category
    forward: Flow
    def __init__(self, category: _Optional[_Union[Category, str]] = ..., forward: _Optional[_Union[Flow, _Mapping]] = ..., backward: _Optional[_Union[Flow, _Mapping]] = ...) -> None: ...

class Counter(_message.Message):
    __slots__ = ["name", "value"]
    NAME_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    name: str
    value: int
    def __init__(self, name: _Optional[str] = ..., value: _Optional[int] = ...) -> None: ...

class CreateVC(_message.Message):
    __slots__ = []
    def __init__(self) -> None: ...

class DaemonStatus(_message.Message):
    __slots__ = ["addresses", "calls", "clients", "counters", "health", "links", "links_up", "pid", "saps", "uptime_ms", "vcs", "version"]
    ADDRESSES_FIELD_NUMBER: _ClassVar[int]
    CALLS_FIELD_NUMBER: _ClassVar[int]
    CLIENTS_FIELD_NUMBER: _ClassVar[int]
    COUNTERS_FIELD_NUMBER: _ClassVar[int]
    HEALTH_FIELD_NUMBER: _ClassVar[int]
    LINKS_FIELD_NUMBER: _ClassVar[int]
    LINKS_UP_FIELD_NUMBER: _ClassVar[int]
    PID_FIELD_NUMBER: _ClassVar[int]
    SAPS_FIELD_NUMBER: _ClassVar[int]
    UPTIME_MS_FIELD_NUMBER: _ClassVar[int]
    VCS_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    addresses: _containers.RepeatedScalarFieldContainer[str]
    calls: int
    clients: int
    counters: _containers.RepeatedCompositeFieldContainer[Counter]
    health: _containers.RepeatedCompositeFieldContainer[Health]
    links: int
    links_up: int
    pid: int
    saps: int
    uptime_ms: int
    vcs: int
    version: str
    def __init__(self, version: _Optional[str] = ..., uptime_ms: _Optional[int] = ..., pid: _Optional[int] = ..., links: _Optional[int] = ..., links_up: _Optional[int] = ..., clients: _Optional[int] = ..., saps: _Optional[int] = ..., vcs: _Optional[int] = ..., calls: _Optional[int] = ..., addresses: _Optional[_Iterable[str]] = ..., health: _Optional[_Iterable[_Union[Health, _Mapping]]] = ..., counters: _Optional[_Iterable[_Union[Counter, _Mapping]]] = ...) -> None: ...

class DeleteAddress(_message.Message):
    __slots__ = ["address"]
    ADDRESS_FIELD_NUMBER: _ClassVar[int]
    address: str
    def __init__(self, address: _Optional[str] = ...) -> None: ...

class DeletePVC(_message.Message):
    __slots__ = ["channel"]
    CHANNEL_FIELD_NUMBER: _ClassVar[int]
    channel: ChannelID
    def __init__(self, channel: _Optional[_Union[ChannelID, _Mapping]] = ...) -> None: ...

class DeleteVC(_message.Message):
    __slots__ = ["vc"]
    VC_FIELD_NUMBER: _ClassVar[int]
    vc: int
    def __init__(self, vc: _Optional[int] = ...) -> None: ...

class DeleteVCIndication(_message.Message):
    __slots__ = ["vc"]
    VC_FIELD_NUMBER: _ClassVar[int]
    vc: int
    def __init__(self, vc: _Optional[int] = ...) -> None: ...

class DeregisterSAP(_message.Message):
    __slots__ = ["sap"]
    SAP_FIELD_NUMBER: _ClassVar[int]
    sap: int
    def __init__(self, sap: _Optional[int] = ...) -> None: ...

class DropParty(_message.Message):
    __slots__ = ["cause", "party"]
    CAUSE_FIELD_NUMBER: _ClassVar[int]
    PARTY_FIELD_NUMBER: _ClassVar[int]
    cause: Cause
    party: int
    def __init__(self, party: _Optional[int] = ..., cause: _Optional[_Union[Cause, _Mapping]] = ...) -> None: ...

class DropPartyComplete(_message.Message):
    __slots__ = ["cause", "party", "request", "status", "vc"]
    CAUSE_FIELD_NUMBER: _ClassVar[int]
    PARTY_FIELD_NUMBER: _ClassVar[int]
    REQUEST_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    VC_FIELD_NUMBER: _ClassVar[int]
    cause: Cause
    party: int
    request: int
    status: Status
    vc: int
    def __init__(self, request: _Optional[int] = ..., vc: _Optional[int] = ..., party: _Optional[int] = ..., status: _Optional[_Union[Status, str]] = ..., cause: _Optional[_Union[Cause, _Mapping]] = ...) -> None: ...

class Flow(_message.Message):
    __slots__ = ["frame_discard", "max_sdu", "mbs", "mdcr", "min_policed", "pcr", "scr", "tagging"]
    FRAME_DISCARD_FIELD_NUMBER: _ClassVar[int]
    MAX_SDU_FIELD_NUMBER: _ClassVar[int]
    MBS_FIELD_NUMBER: _ClassVar[int]
    MDCR_FIELD_NUMBER: _ClassVar[int]
    MIN_POLICED_FIELD_NUMBER: _ClassVar[int]
    PCR_FIELD_NUMBER: _ClassVar[int]
    SCR_FIELD_NUMBER: _ClassVar[int]
    TAGGING_FIELD_NUMBER: _ClassVar[int]
    frame_discard: bool
    max_sdu: int
    mbs: int
    mdcr: int
    min_policed: int
    pcr: int
    scr: int
    tagging: bool
    def __init__(self, pcr: _Optional[int] = ..., scr: _Optional[int] = ..., mbs: _Optional[int] = ..., max_sdu: _Optional[int] = ..., min_policed: _Optional[int] = ..., tagging: bool = ..., frame_discard: bool = ..., mdcr: _Optional[int] = ...) -> None: ...

class FlowSpec(_message.Message):
    __slots__ = ["delay_variation", "latency", "max_sdu_size", "minimum_policed_size", "peak_bandwidth", "service_type", "token_bucket_size", "token_rate"]
    DELAY_VARIATION_FIELD_NUMBER: _ClassVar[int]
    LATENCY_FIELD_NUMBER: _ClassVar[int]
    MAX_SDU_SIZE_FIELD_NUMBER: _ClassVar[int]
    MINIMUM_POLICED_SIZE_FIELD_NUMBER: _ClassVar[int]
    PEAK_BANDWIDTH_FIELD_NUMBER: _ClassVar[int]
    SERVICE_TYPE_FIELD_NUMBER: _ClassVar[int]
    TOKEN_BUCKET_SIZE_FIELD_NUMBER: _ClassVar[int]
    TOKEN_RATE_FIELD_NUMBER: _ClassVar[int]
    delay_variation: int
    latency: int
    max_sdu_size: int
    minimum_policed_size: int
    peak_bandwidth: int
    service_type: ServiceType
    token_bucket_size: int
    token_rate: int
    def __init__(self, token_rate: _Optional[int] = ..., token_bucket_size: _Optional[int] = ..., peak_bandwidth: _Optional[int] = ..., latency: _Optional[int] = ..., delay_variation: _Optional[int] = ..., service_type: _Optional[_Union[ServiceType, str]] = ..., max_sdu_size: _Optional[int] = ..., minimum_policed_size: _Optional[int] = ...) -> None: ...

class GetAddresses(_message.Message):
    __slots__ = []
    def __init__(self) -> None: ...

class GetCallInformation(_message.Message):
    __slots__ = ["vc"]
    VC_FIELD_NUMBER: _ClassVar[int]
    vc: int
    def __init__(self, vc: _Optional[int] = ...) -> None: ...

class GetStatistics(_message.Message):
    __slots__ = ["link", "vc"]
    LINK_FIELD_NUMBER: _ClassVar[int]
    VC_FIELD_NUMBER: _ClassVar[int]
    link: str
    vc: int
    def __init__(self, vc: _Optional[int] = ..., link: _Optional[str] = ...) -> None: ...

class GetStatus(_message.Message):
    __slots__ = []
    def __init__(self) -> None: ...

class Goodbye(_message.Message):
    __slots__ = ["reason"]
    REASON_FIELD_NUMBER: _ClassVar[int]
    reason: str
    def __init__(self, reason: _Optional[str] = ...) -> None: ...

class HandleResult(_message.Message):
    __slots__ = ["handle"]
    HANDLE_FIELD_NUMBER: _ClassVar[int]
    handle: int
    def __init__(self, handle: _Optional[int] = ...) -> None: ...

class Health(_message.Message):
    __slots__ = ["code", "severity", "text"]
    CODE_FIELD_NUMBER: _ClassVar[int]
    SEVERITY_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    code: str
    severity: str
    text: str
    def __init__(self, code: _Optional[str] = ..., severity: _Optional[str] = ..., text: _Optional[str] = ...) -> None: ...

class IncomingCall(_message.Message):
    __slots__ = ["channel", "kept", "link", "parameters", "sap", "vc"]
    CHANNEL_FIELD_NUMBER: _ClassVar[int]
    KEPT_FIELD_NUMBER: _ClassVar[int]
    LINK_FIELD_NUMBER: _ClassVar[int]
    PARAMETERS_FIELD_NUMBER: _ClassVar[int]
    SAP_FIELD_NUMBER: _ClassVar[int]
    VC_FIELD_NUMBER: _ClassVar[int]
    channel: ChannelID
    kept: int
    link: str
    parameters: CallParameters
    sap: int
    vc: int
    def __init__(self, vc: _Optional[int] = ..., sap: _Optional[int] = ..., parameters: _Optional[_Union[CallParameters, _Mapping]] = ..., channel: _Optional[_Union[ChannelID, _Mapping]] = ..., link: _Optional[str] = ..., kept: _Optional[int] = ...) -> None: ...

class IncomingCallComplete(_message.Message):
    __slots__ = ["cause", "parameters", "status", "vc"]
    CAUSE_FIELD_NUMBER: _ClassVar[int]
    PARAMETERS_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    VC_FIELD_NUMBER: _ClassVar[int]
    cause: Cause
    parameters: CallParameters
    status: Status
    vc: int
    def __init__(self, vc: _Optional[int] = ..., status: _Optional[_Union[Status, str]] = ..., parameters: _Optional[_Union[CallParameters, _Mapping]] = ..., cause: _Optional[_Union[Cause, _Mapping]] = ...) -> None: ...

class IncomingCallQoSChange(_message.Message):
    __slots__ = ["parameters", "vc"]
    PARAMETERS_FIELD_NUMBER: _ClassVar[int]
    VC_FIELD_NUMBER: _ClassVar[int]
    parameters: CallParameters
    vc: int
    def __init__(self, vc: _Optional[int] = ..., parameters: _Optional[_Union[CallParameters, _Mapping]] = ...) -> None: ...

class IncomingCloseCall(_message.Message):
    __slots__ = ["cause", "detail", "status", "user_user", "vc"]
    CAUSE_FIELD_NUMBER: _ClassVar[int]
    DETAIL_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    USER_USER_FIELD_NUMBER: _ClassVar[int]
    VC_FIELD_NUMBER: _ClassVar[int]
    cause: Cause
    detail: str
    status: Status
    user_user: bytes
    vc: int
    def __init__(self, vc: _Optional[int] = ..., status: _Optional[_Union[Status, str]] = ..., cause: _Optional[_Union[Cause, _Mapping]] = ..., detail: _Optional[str] = ..., user_user: _Optional[bytes] = ...) -> None: ...

class IncomingDropParty(_message.Message):
    __slots__ = ["cause", "detail", "party", "status", "vc"]
    CAUSE_FIELD_NUMBER: _ClassVar[int]
    DETAIL_FIELD_NUMBER: _ClassVar[int]
    PARTY_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    VC_FIELD_NUMBER: _ClassVar[int]
    cause: Cause
    detail: str
    party: int
    status: Status
    vc: int
    def __init__(self, vc: _Optional[int] = ..., party: _Optional[int] = ..., status: _Optional[_Union[Status, str]] = ..., cause: _Optional[_Union[Cause, _Mapping]] = ..., detail: _Optional[str] = ...) -> None: ...

class Link(_message.Message):
    __slots__ = ["address", "calls", "capacity", "counters", "interface", "last_error", "mac", "max_sdu", "mode", "name", "peer", "prefixes", "profile", "receive_buffer_ms", "reserved", "role", "state"]
    ADDRESS_FIELD_NUMBER: _ClassVar[int]
    CALLS_FIELD_NUMBER: _ClassVar[int]
    CAPACITY_FIELD_NUMBER: _ClassVar[int]
    COUNTERS_FIELD_NUMBER: _ClassVar[int]
    INTERFACE_FIELD_NUMBER: _ClassVar[int]
    LAST_ERROR_FIELD_NUMBER: _ClassVar[int]
    MAC_FIELD_NUMBER: _ClassVar[int]
    MAX_SDU_FIELD_NUMBER: _ClassVar[int]
    MODE_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    PEER_FIELD_NUMBER: _ClassVar[int]
    PREFIXES_FIELD_NUMBER: _ClassVar[int]
    PROFILE_FIELD_NUMBER: _ClassVar[int]
    RECEIVE_BUFFER_MS_FIELD_NUMBER: _ClassVar[int]
    RESERVED_FIELD_NUMBER: _ClassVar[int]
    ROLE_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    address: str
    calls: int
    capacity: int
    counters: _containers.RepeatedCompositeFieldContainer[Counter]
    interface: str
    last_error: str
    mac: str
    max_sdu: int
    mode: str
    name: str
    peer: str
    prefixes: _containers.RepeatedScalarFieldContainer[str]
    profile: str
    receive_buffer_ms: int
    reserved: int
    role: str
    state: str
    def __init__(self, name: _Optional[str] = ..., interface: _Optional[str] = ..., peer: _Optional[str] = ..., role: _Optional[str] = ..., mode: _Optional[str] = ..., state: _Optional[str] = ..., last_error: _Optional[str] = ..., address: _Optional[str] = ..., mac: _Optional[str] = ..., capacity: _Optional[int] = ..., reserved: _Optional[int] = ..., max_sdu: _Optional[int] = ..., calls: _Optional[int] = ..., receive_buffer_ms: _Optional[int] = ..., counters: _Optional[_Iterable[_Union[Counter, _Mapping]]] = ..., prefixes: _Optional[_Iterable[str]] = ..., profile: _Optional[str] = ...) -> None: ...

class List(_message.Message):
    __slots__ = ["after", "kind"]
    AFTER_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    after: str
    kind: ListKind
    def __init__(self, kind: _Optional[_Union[ListKind, str]] = ..., after: _Optional[str] = ...) -> None: ...

class ListResult(_message.Message):
    __slots__ = ["calls", "links", "next_page", "pvcs", "saps", "vcs"]
    CALLS_FIELD_NUMBER: _ClassVar[int]
    LINKS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_FIELD_NUMBER: _ClassVar[int]
    PVCS_FIELD_NUMBER: _ClassVar[int]
    SAPS_FIELD_NUMBER: _ClassVar[int]
    VCS_FIELD_NUMBER: _ClassVar[int]
    calls: _containers.RepeatedCompositeFieldContainer[Call]
    links: _containers.RepeatedCompositeFieldContainer[Link]
    next_page: str
    pvcs: _containers.RepeatedCompositeFieldContainer[PVC]
    saps: _containers.RepeatedCompositeFieldContainer[SAP]
    vcs: _containers.RepeatedCompositeFieldContainer[VC]
    def __init__(self, links: _Optional[_Iterable[_Union[Link, _Mapping]]] = ..., vcs: _Optional[_Iterable[_Union[VC, _Mapping]]] = ..., calls: _Optional[_Iterable[_Union[Call, _Mapping]]] = ..., saps: _Optional[_Iterable[_Union[SAP, _Mapping]]] = ..., next_page: _Optional[str] = ..., pvcs: _Optional[_Iterable[_Union[PVC, _Mapping]]] = ...) -> None: ...

class MakeCall(_message.Message):
    __slots__ = ["channel", "parameters", "receive_ring", "send_ring", "vc"]
    CHANNEL_FIELD_NUMBER: _ClassVar[int]
    PARAMETERS_FIELD_NUMBER: _ClassVar[int]
    RECEIVE_RING_FIELD_NUMBER: _ClassVar[int]
    SEND_RING_FIELD_NUMBER: _ClassVar[int]
    VC_FIELD_NUMBER: _ClassVar[int]
    channel: ChannelID
    parameters: CallParameters
    receive_ring: int
    send_ring: int
    vc: int
    def __init__(self, vc: _Optional[int] = ..., parameters: _Optional[_Union[CallParameters, _Mapping]] = ..., send_ring: _Optional[int] = ..., receive_ring: _Optional[int] = ..., channel: _Optional[_Union[ChannelID, _Mapping]] = ...) -> None: ...

class MakeCallComplete(_message.Message):
    __slots__ = ["cause", "channel", "detail", "parameters", "party", "request", "status", "user_user", "vc"]
    CAUSE_FIELD_NUMBER: _ClassVar[int]
    CHANNEL_FIELD_NUMBER: _ClassVar[int]
    DETAIL_FIELD_NUMBER: _ClassVar[int]
    PARAMETERS_FIELD_NUMBER: _ClassVar[int]
    PARTY_FIELD_NUMBER: _ClassVar[int]
    REQUEST_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    USER_USER_FIELD_NUMBER: _ClassVar[int]
    VC_FIELD_NUMBER: _ClassVar[int]
    cause: Cause
    channel: ChannelID
    detail: str
    parameters: CallParameters
    party: int
    request: int
    status: Status
    user_user: bytes
    vc: int
    def __init__(self, request: _Optional[int] = ..., vc: _Optional[int] = ..., status: _Optional[_Union[Status, str]] = ..., detail: _Optional[str] = ..., cause: _Optional[_Union[Cause, _Mapping]] = ..., parameters: _Optional[_Union[CallParameters, _Mapping]] = ..., channel: _Optional[_Union[ChannelID, _Mapping]] = ..., user_user: _Optional[bytes] = ..., party: _Optional[int] = ...) -> None: ...

class ModifyCallQoS(_message.Message):
    __slots__ = ["parameters", "vc"]
    PARAMETERS_FIELD_NUMBER: _ClassVar[int]
    VC_FIELD_NUMBER: _ClassVar[int]
    parameters: CallParameters
    vc: int
    def __init__(self, vc: _Optional[int] = ..., parameters: _Optional[_Union[CallParameters, _Mapping]] = ...) -> None: ...

class ModifyCallQoSComplete(_message.Message):
    __slots__ = ["cause", "detail", "parameters", "request", "status", "vc"]
    CAUSE_FIELD_NUMBER: _ClassVar[int]
    DETAIL_FIELD_NUMBER: _ClassVar[int]
    PARAMETERS_FIELD_NUMBER: _ClassVar[int]
    REQUEST_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    VC_FIELD_NUMBER: _ClassVar[int]
    cause: Cause
    detail: str
    parameters: CallParameters
    request: int
    status: Status
    vc: int
    def __init__(self, request: _Optional[int] = ..., vc: _Optional[int] = ..., status: _Optional[_Union[Status, str]] = ..., detail: _Optional[str] = ..., cause: _Optional[_Union[Cause, _Mapping]] = ..., parameters: _Optional[_Union[CallParameters, _Mapping]] = ...) -> None: ...

class Notification(_message.Message):
    __slots__ = ["indicator", "vc"]
    INDICATOR_FIELD_NUMBER: _ClassVar[int]
    VC_FIELD_NUMBER: _ClassVar[int]
    indicator: bytes
    vc: int
    def __init__(self, vc: _Optional[int] = ..., indicator: _Optional[bytes] = ...) -> None: ...

class Notify(_message.Message):
    __slots__ = ["indicator", "vc"]
    INDICATOR_FIELD_NUMBER: _ClassVar[int]
    VC_FIELD_NUMBER: _ClassVar[int]
    indicator: bytes
    vc: int
    def __init__(self, vc: _Optional[int] = ..., indicator: _Optional[bytes] = ...) -> None: ...

class NotifyCloseAF(_message.Message):
    __slots__ = ["cause", "linger_ms", "reason", "timeout_ms"]
    CAUSE_FIELD_NUMBER: _ClassVar[int]
    LINGER_MS_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    TIMEOUT_MS_FIELD_NUMBER: _ClassVar[int]
    cause: Cause
    linger_ms: int
    reason: str
    timeout_ms: int
    def __init__(self, reason: _Optional[str] = ..., timeout_ms: _Optional[int] = ..., cause: _Optional[_Union[Cause, _Mapping]] = ..., linger_ms: _Optional[int] = ...) -> None: ...

class NotifyCloseAFComplete(_message.Message):
    __slots__ = ["status"]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    status: Status
    def __init__(self, status: _Optional[_Union[Status, str]] = ...) -> None: ...

class OpenAF(_message.Message):
    __slots__ = ["major", "minor", "name"]
    MAJOR_FIELD_NUMBER: _ClassVar[int]
    MINOR_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    major: int
    minor: int
    name: str
    def __init__(self, major: _Optional[int] = ..., minor: _Optional[int] = ..., name: _Optional[str] = ...) -> None: ...

class OpenAFResult(_message.Message):
    __slots__ = ["addresses", "major", "minor", "version"]
    ADDRESSES_FIELD_NUMBER: _ClassVar[int]
    MAJOR_FIELD_NUMBER: _ClassVar[int]
    MINOR_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    addresses: _containers.RepeatedScalarFieldContainer[str]
    major: int
    minor: int
    version: str
    def __init__(self, major: _Optional[int] = ..., minor: _Optional[int] = ..., version: _Optional[str] = ..., addresses: _Optional[_Iterable[str]] = ...) -> None: ...

class OwnAddress(_message.Message):
    __slots__ = ["address", "links"]
    ADDRESS_FIELD_NUMBER: _ClassVar[int]
    LINKS_FIELD_NUMBER: _ClassVar[int]
    address: str
    links: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, address: _Optional[str] = ..., links: _Optional[_Iterable[str]] = ...) -> None: ...

class PVC(_message.Message):
    __slots__ = ["config", "contract", "counters", "opened", "owner", "pid", "reason", "reserved", "state", "uid", "vc"]
    CONFIG_FIELD_NUMBER: _ClassVar[int]
    CONTRACT_FIELD_NUMBER: _ClassVar[int]
    COUNTERS_FIELD_NUMBER: _ClassVar[int]
    OPENED_FIELD_NUMBER: _ClassVar[int]
    OWNER_FIELD_NUMBER: _ClassVar[int]
    PID_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    RESERVED_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    UID_FIELD_NUMBER: _ClassVar[int]
    VC_FIELD_NUMBER: _ClassVar[int]
    config: PVCConfig
    contract: Contract
    counters: _containers.RepeatedCompositeFieldContainer[Counter]
    opened: int
    owner: str
    pid: int
    reason: str
    reserved: int
    state: str
    uid: int
    vc: int
    def __init__(self, config: _Optional[_Union[PVCConfig, _Mapping]] = ..., state: _Optional[str] = ..., reason: _Optional[str] = ..., contract: _Optional[_Union[Contract, _Mapping]] = ..., reserved: _Optional[int] = ..., vc: _Optional[int] = ..., owner: _Optional[str] = ..., pid: _Optional[int] = ..., uid: _Optional[int] = ..., opened: _Optional[int] = ..., counters: _Optional[_Iterable[_Union[Counter, _Mapping]]] = ...) -> None: ...

class PVCComplete(_message.Message):
    __slots__ = ["cause", "detail", "request", "status"]
    CAUSE_FIELD_NUMBER: _ClassVar[int]
    DETAIL_FIELD_NUMBER: _ClassVar[int]
    REQUEST_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    cause: Cause
    detail: str
    request: int
    status: Status
    def __init__(self, request: _Optional[int] = ..., status: _Optional[_Union[Status, str]] = ..., detail: _Optional[str] = ..., cause: _Optional[_Union[Cause, _Mapping]] = ...) -> None: ...

class PVCConfig(_message.Message):
    __slots__ = ["bhli", "blli", "contract", "destination", "link", "name", "selector", "vci", "vpi"]
    BHLI_FIELD_NUMBER: _ClassVar[int]
    BLLI_FIELD_NUMBER: _ClassVar[int]
    CONTRACT_FIELD_NUMBER: _ClassVar[int]
    DESTINATION_FIELD_NUMBER: _ClassVar[int]
    LINK_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    SELECTOR_FIELD_NUMBER: _ClassVar[int]
    VCI_FIELD_NUMBER: _ClassVar[int]
    VPI_FIELD_NUMBER: _ClassVar[int]
    bhli: bytes
    blli: bytes
    contract: Contract
    destination: str
    link: str
    name: str
    selector: int
    vci: int
    vpi: int
    def __init__(self, link: _Optional[str] = ..., vpi: _Optional[int] = ..., vci: _Optional[int] = ..., name: _Optional[str] = ..., destination: _Optional[str] = ..., selector: _Optional[int] = ..., bhli: _Optional[bytes] = ..., blli: _Optional[bytes] = ..., contract: _Optional[_Union[Contract, _Mapping]] = ...) -> None: ...

class PeakRates(_message.Message):
    __slots__ = ["backward", "forward"]
    BACKWARD_FIELD_NUMBER: _ClassVar[int]
    FORWARD_FIELD_NUMBER: _ClassVar[int]
    backward: int
    forward: int
    def __init__(self, forward: _Optional[int] = ..., backward: _Optional[int] = ...) -> None: ...

class ProgressIndicator(_message.Message):
    __slots__ = ["description", "location"]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    LOCATION_FIELD_NUMBER: _ClassVar[int]
    description: int
    location: int
    def __init__(self, location: _Optional[int] = ..., description: _Optional[int] = ...) -> None: ...

class QoS(_message.Message):
    __slots__ = ["backward", "delay_ms", "forward", "max_delay_ms"]
    BACKWARD_FIELD_NUMBER: _ClassVar[int]
    DELAY_MS_FIELD_NUMBER: _ClassVar[int]
    FORWARD_FIELD_NUMBER: _ClassVar[int]
    MAX_DELAY_MS_FIELD_NUMBER: _ClassVar[int]
    backward: QoSFlow
    delay_ms: int
    forward: QoSFlow
    max_delay_ms: int
    def __init__(self, max_delay_ms: _Optional[int] = ..., delay_ms: _Optional[int] = ..., forward: _Optional[_Union[QoSFlow, _Mapping]] = ..., backward: _Optional[_Union[QoSFlow, _Mapping]] = ...) -> None: ...

class QoSFlow(_message.Message):
    __slots__ = ["cdv_us", "max_cdv_us", "max_clr"]
    CDV_US_FIELD_NUMBER: _ClassVar[int]
    MAX_CDV_US_FIELD_NUMBER: _ClassVar[int]
    MAX_CLR_FIELD_NUMBER: _ClassVar[int]
    cdv_us: int
    max_cdv_us: int
    max_clr: int
    def __init__(self, max_cdv_us: _Optional[int] = ..., cdv_us: _Optional[int] = ..., max_clr: _Optional[int] = ...) -> None: ...

class RegisterSAP(_message.Message):
    __slots__ = ["address", "any_selector", "bhli", "bhli_absent", "blli", "blli_absent", "more_blli", "receive_ring", "selector", "send_ring"]
    ADDRESS_FIELD_NUMBER: _ClassVar[int]
    ANY_SELECTOR_FIELD_NUMBER: _ClassVar[int]
    BHLI_ABSENT_FIELD_NUMBER: _ClassVar[int]
    BHLI_FIELD_NUMBER: _ClassVar[int]
    BLLI_ABSENT_FIELD_NUMBER: _ClassVar[int]
    BLLI_FIELD_NUMBER: _ClassVar[int]
    MORE_BLLI_FIELD_NUMBER: _ClassVar[int]
    RECEIVE_RING_FIELD_NUMBER: _ClassVar[int]
    SELECTOR_FIELD_NUMBER: _ClassVar[int]
    SEND_RING_FIELD_NUMBER: _ClassVar[int]
    address: str
    any_selector: bool
    bhli: bytes
    bhli_absent: bool
    blli: bytes
    blli_absent: bool
    more_blli: _containers.RepeatedScalarFieldContainer[bytes]
    receive_ring: int
    selector: int
    send_ring: int
    def __init__(self, address: _Optional[str] = ..., selector: _Optional[int] = ..., any_selector: bool = ..., bhli: _Optional[bytes] = ..., blli: _Optional[bytes] = ..., more_blli: _Optional[_Iterable[bytes]] = ..., bhli_absent: bool = ..., blli_absent: bool = ..., send_ring: _Optional[int] = ..., receive_ring: _Optional[int] = ...) -> None: ...

class Reply(_message.Message):
    __slots__ = ["addresses", "call_information", "cause", "daemon_status", "detail", "handle", "kept", "list", "open_af", "request", "statistics", "status"]
    ADDRESSES_FIELD_NUMBER: _ClassVar[int]
    CALL_INFORMATION_FIELD_NUMBER: _ClassVar[int]
    CAUSE_FIELD_NUMBER: _ClassVar[int]
    DAEMON_STATUS_FIELD_NUMBER: _ClassVar[int]
    DETAIL_FIELD_NUMBER: _ClassVar[int]
    HANDLE_FIELD_NUMBER: _ClassVar[int]
    KEPT_FIELD_NUMBER: _ClassVar[int]
    LIST_FIELD_NUMBER: _ClassVar[int]
    OPEN_AF_FIELD_NUMBER: _ClassVar[int]
    REQUEST_FIELD_NUMBER: _ClassVar[int]
    STATISTICS_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    addresses: AddressesResult
    call_information: CallInformation
    cause: Cause
    daemon_status: DaemonStatus
    detail: str
    handle: HandleResult
    kept: int
    list: ListResult
    open_af: OpenAFResult
    request: int
    statistics: Statistics
    status: Status
    def __init__(self, request: _Optional[int] = ..., status: _Optional[_Union[Status, str]] = ..., detail: _Optional[str] = ..., cause: _Optional[_Union[Cause, _Mapping]] = ..., open_af: _Optional[_Union[OpenAFResult, _Mapping]] = ..., handle: _Optional[_Union[HandleResult, _Mapping]] = ..., daemon_status: _Optional[_Union[DaemonStatus, _Mapping]] = ..., list: _Optional[_Union[ListResult, _Mapping]] = ..., addresses: _Optional[_Union[AddressesResult, _Mapping]] = ..., call_information: _Optional[_Union[CallInformation, _Mapping]] = ..., statistics: _Optional[_Union[Statistics, _Mapping]] = ..., kept: _Optional[int] = ...) -> None: ...

class Restart(_message.Message):
    __slots__ = ["link", "vci", "vpi"]
    LINK_FIELD_NUMBER: _ClassVar[int]
    VCI_FIELD_NUMBER: _ClassVar[int]
    VPI_FIELD_NUMBER: _ClassVar[int]
    link: str
    vci: int
    vpi: int
    def __init__(self, link: _Optional[str] = ..., vpi: _Optional[int] = ..., vci: _Optional[int] = ...) -> None: ...

class RestartComplete(_message.Message):
    __slots__ = ["calls", "cause", "cleared", "detail", "request", "status"]
    CALLS_FIELD_NUMBER: _ClassVar[int]
    CAUSE_FIELD_NUMBER: _ClassVar[int]
    CLEARED_FIELD_NUMBER: _ClassVar[int]
    DETAIL_FIELD_NUMBER: _ClassVar[int]
    REQUEST_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    calls: _containers.RepeatedCompositeFieldContainer[Call]
    cause: Cause
    cleared: int
    detail: str
    request: int
    status: Status
    def __init__(self, request: _Optional[int] = ..., status: _Optional[_Union[Status, str]] = ..., detail: _Optional[str] = ..., cause: _Optional[_Union[Cause, _Mapping]] = ..., cleared: _Optional[int] = ..., calls: _Optional[_Iterable[_Union[Call, _Mapping]]] = ...) -> None: ...

class RingDone(_message.Message):
    __slots__ = ["keep", "vc"]
    KEEP_FIELD_NUMBER: _ClassVar[int]
    VC_FIELD_NUMBER: _ClassVar[int]
    keep: bool
    vc: int
    def __init__(self, vc: _Optional[int] = ..., keep: bool = ...) -> None: ...

class RingsGone(_message.Message):
    __slots__ = ["vc"]
    VC_FIELD_NUMBER: _ClassVar[int]
    vc: int
    def __init__(self, vc: _Optional[int] = ...) -> None: ...

class SAP(_message.Message):
    __slots__ = ["address", "bhli", "bhli_absent", "blli", "blli_absent", "handle", "offered", "owner", "pid", "selector"]
    ADDRESS_FIELD_NUMBER: _ClassVar[int]
    BHLI_ABSENT_FIELD_NUMBER: _ClassVar[int]
    BHLI_FIELD_NUMBER: _ClassVar[int]
    BLLI_ABSENT_FIELD_NUMBER: _ClassVar[int]
    BLLI_FIELD_NUMBER: _ClassVar[int]
    HANDLE_FIELD_NUMBER: _ClassVar[int]
    OFFERED_FIELD_NUMBER: _ClassVar[int]
    OWNER_FIELD_NUMBER: _ClassVar[int]
    PID_FIELD_NUMBER: _ClassVar[int]
    SELECTOR_FIELD_NUMBER: _ClassVar[int]
    address: str
    bhli: bytes
    bhli_absent: bool
    blli: _containers.RepeatedScalarFieldContainer[bytes]
    blli_absent: bool
    handle: int
    offered: int
    owner: str
    pid: int
    selector: str
    def __init__(self, handle: _Optional[int] = ..., address: _Optional[str] = ..., selector: _Optional[str] = ..., owner: _Optional[str] = ..., pid: _Optional[int] = ..., offered: _Optional[int] = ..., bhli: _Optional[bytes] = ..., bhli_absent: bool = ..., blli: _Optional[_Iterable[bytes]] = ..., blli_absent: bool = ...) -> None: ...

class ServerBatch(_message.Message):
    __slots__ = ["messages"]
    MESSAGES_FIELD_NUMBER: _ClassVar[int]
    messages: _containers.RepeatedCompositeFieldContainer[ServerMessage]
    def __init__(self, messages: _Optional[_Iterable[_Union[ServerMessage, _Mapping]]] = ...) -> None: ...

class ServerMessage(_message.Message):
    __slots__ = ["add_party_complete", "batch", "call_connected", "call_progress", "capture_packets", "capture_state", "close_af_complete", "close_call_complete", "delete_vc_indication", "drop_party_complete", "goodbye", "incoming_call", "incoming_call_qos_change", "incoming_close_call", "incoming_drop_party", "make_call_complete", "modify_call_qos_complete", "notification", "notify_close_af", "pvc_complete", "reply", "restart_complete", "rings_gone", "status_indication", "trace_event", "vc_status"]
    ADD_PARTY_COMPLETE_FIELD_NUMBER: _ClassVar[int]
    BATCH_FIELD_NUMBER: _ClassVar[int]
    CALL_CONNECTED_FIELD_NUMBER: _ClassVar[int]
    CALL_PROGRESS_FIELD_NUMBER: _ClassVar[int]
    CAPTURE_PACKETS_FIELD_NUMBER: _ClassVar[int]
    CAPTURE_STATE_FIELD_NUMBER: _ClassVar[int]
    CLOSE_AF_COMPLETE_FIELD_NUMBER: _ClassVar[int]
    CLOSE_CALL_COMPLETE_FIELD_NUMBER: _ClassVar[int]
    DELETE_VC_INDICATION_FIELD_NUMBER: _ClassVar[int]
    DROP_PARTY_COMPLETE_FIELD_NUMBER: _ClassVar[int]
    GOODBYE_FIELD_NUMBER: _ClassVar[int]
    INCOMING_CALL_FIELD_NUMBER: _ClassVar[int]
    INCOMING_CALL_QOS_CHANGE_FIELD_NUMBER: _ClassVar[int]
    INCOMING_CLOSE_CALL_FIELD_NUMBER: _ClassVar[int]
    INCOMING_DROP_PARTY_FIELD_NUMBER: _ClassVar[int]
    MAKE_CALL_COMPLETE_FIELD_NUMBER: _ClassVar[int]
    MODIFY_CALL_QOS_COMPLETE_FIELD_NUMBER: _ClassVar[int]
    NOTIFICATION_FIELD_NUMBER: _ClassVar[int]
    NOTIFY_CLOSE_AF_FIELD_NUMBER: _ClassVar[int]
    PVC_COMPLETE_FIELD_NUMBER: _ClassVar[int]
    REPLY_FIELD_NUMBER: _ClassVar[int]
    RESTART_COMPLETE_FIELD_NUMBER: _ClassVar[int]
    RINGS_GONE_FIELD_NUMBER: _ClassVar[int]
    STATUS_INDICATION_FIELD_NUMBER: _ClassVar[int]
    TRACE_EVENT_FIELD_NUMBER: _ClassVar[int]
    VC_STATUS_FIELD_NUMBER: _ClassVar[int]
    add_party_complete: AddPartyComplete
    batch: ServerBatch
    call_connected: CallConnected
    call_progress: CallProgress
    capture_packets: CapturePackets
    capture_state: CaptureState
    close_af_complete: CloseAFComplete
    close_call_complete: CloseCallComplete
    delete_vc_indication: DeleteVCIndication
    drop_party_complete: DropPartyComplete
    goodbye: Goodbye
    incoming_call: IncomingCall
    incoming_call_qos_change: IncomingCallQoSChange
    incoming_close_call: IncomingCloseCall
    incoming_drop_party: IncomingDropParty
    make_call_complete: MakeCallComplete
    modify_call_qos_complete: ModifyCallQoSComplete
    notification: Notification
    notify_close_af: NotifyCloseAF
    pvc_complete: PVCComplete
    reply: Reply
    restart_complete: RestartComplete
    rings_gone: RingsGone
    status_indication: StatusIndication
    trace_event: TraceEvent
    vc_status: VCStatus
    def __init__(self, reply: _Optional[_Union[Reply, _Mapping]] = ..., make_call_complete: _Optional[_Union[MakeCallComplete, _Mapping]] = ..., close_call_complete: _Optional[_Union[CloseCallComplete, _Mapping]] = ..., close_af_complete: _Optional[_Union[CloseAFComplete, _Mapping]] = ..., incoming_call: _Optional[_Union[IncomingCall, _Mapping]] = ..., call_connected: _Optional[_Union[CallConnected, _Mapping]] = ..., incoming_close_call: _Optional[_Union[IncomingCloseCall, _Mapping]] = ..., delete_vc_indication: _Optional[_Union[DeleteVCIndication, _Mapping]] = ..., goodbye: _Optional[_Union[Goodbye, _Mapping]] = ..., trace_event: _Optional[_Union[TraceEvent, _Mapping]] = ..., capture_packets: _Optional[_Union[CapturePackets, _Mapping]] = ..., capture_state: _Optional[_Union[CaptureState, _Mapping]] = ..., restart_complete: _Optional[_Union[RestartComplete, _Mapping]] = ..., notification: _Optional[_Union[Notification, _Mapping]] = ..., call_progress: _Optional[_Union[CallProgress, _Mapping]] = ..., modify_call_qos_complete: _Optional[_Union[ModifyCallQoSComplete, _Mapping]] = ..., incoming_call_qos_change: _Optional[_Union[IncomingCallQoSChange, _Mapping]] = ..., add_party_complete: _Optional[_Union[AddPartyComplete, _Mapping]] = ..., drop_party_complete: _Optional[_Union[DropPartyComplete, _Mapping]] = ..., incoming_drop_party: _Optional[_Union[IncomingDropParty, _Mapping]] = ..., rings_gone: _Optional[_Union[RingsGone, _Mapping]] = ..., pvc_complete: _Optional[_Union[PVCComplete, _Mapping]] = ..., vc_status: _Optional[_Union[VCStatus, _Mapping]] = ..., batch: _Optional[_Union[ServerBatch, _Mapping]] = ..., notify_close_af: _Optional[_Union[NotifyCloseAF, _Mapping]] = ..., status_indication: _Optional[_Union[StatusIndication, _Mapping]] = ...) -> None: ...

class Statistics(_message.Message):
    __slots__ = ["counters", "vcs"]
    COUNTERS_FIELD_NUMBER: _ClassVar[int]
    VCS_FIELD_NUMBER: _ClassVar[int]
    counters: _containers.RepeatedCompositeFieldContainer[Counter]
    vcs: int
    def __init__(self, counters: _Optional[_Iterable[_Union[Counter, _Mapping]]] = ..., vcs: _Optional[int] = ...) -> None: ...

class StatusIndication(_message.Message):
    __slots__ = ["addresses", "coalesced", "detail", "kind", "link", "resetting", "up"]
    ADDRESSES_FIELD_NUMBER: _ClassVar[int]
    COALESCED_FIELD_NUMBER: _ClassVar[int]
    DETAIL_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    LINK_FIELD_NUMBER: _ClassVar[int]
    RESETTING_FIELD_NUMBER: _ClassVar[int]
    UP_FIELD_NUMBER: _ClassVar[int]
    addresses: _containers.RepeatedScalarFieldContainer[str]
    coalesced: int
    detail: str
    kind: StatusKind
    link: str
    resetting: bool
    up: bool
    def __init__(self, kind: _Optional[_Union[StatusKind, str]] = ..., link: _Optional[str] = ..., up: bool = ..., resetting: bool = ..., detail: _Optional[str] = ..., addresses: _Optional[_Iterable[str]] = ..., coalesced: _Optional[int] = ...) -> None: ...

class Trace(_message.Message):
    __slots__ = ["link", "on"]
    LINK_FIELD_NUMBER: _ClassVar[int]
    ON_FIELD_NUMBER: _ClassVar[int]
    link: str
    on: bool
    def __init__(self, on: bool = ..., link: _Optional[str] = ...) -> None: ...

class TraceEvent(_message.Message):
    __slots__ = ["call_reference", "link", "lost", "message", "sdu", "sent", "summary", "time_ns"]
    CALL_REFERENCE_FIELD_NUMBER: _ClassVar[int]
    LINK_FIELD_NUMBER: _ClassVar[int]
    LOST_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    SDU_FIELD_NUMBER: _ClassVar[int]
    SENT_FIELD_NUMBER: _ClassVar[int]
    SUMMARY_FIELD_NUMBER: _ClassVar[int]
    TIME_NS_FIELD_NUMBER: _ClassVar[int]
    call_reference: int
    link: str
    lost: int
    message: str
    sdu: bytes
    sent: bool
    summary: str
    time_ns: int
    def __init__(self, time_ns: _Optional[int] = ..., link: _Optional[str] = ..., sent: bool = ..., sdu: _Optional[bytes] = ..., summary: _Optional[str] = ..., message: _Optional[str] = ..., call_reference: _Optional[int] = ..., lost: _Optional[int] = ...) -> None: ...

class VC(_message.Message):
    __slots__ = ["branches", "call_state", "counters", "handle", "incoming", "link", "owner", "parameters", "pid", "state", "uid", "vci", "vpi"]
    BRANCHES_FIELD_NUMBER: _ClassVar[int]
    CALL_STATE_FIELD_NUMBER: _ClassVar[int]
    COUNTERS_FIELD_NUMBER: _ClassVar[int]
    HANDLE_FIELD_NUMBER: _ClassVar[int]
    INCOMING_FIELD_NUMBER: _ClassVar[int]
    LINK_FIELD_NUMBER: _ClassVar[int]
    OWNER_FIELD_NUMBER: _ClassVar[int]
    PARAMETERS_FIELD_NUMBER: _ClassVar[int]
    PID_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    UID_FIELD_NUMBER: _ClassVar[int]
    VCI_FIELD_NUMBER: _ClassVar[int]
    VPI_FIELD_NUMBER: _ClassVar[int]
    branches: _containers.RepeatedCompositeFieldContainer[Branch]
    call_state: str
    counters: _containers.RepeatedCompositeFieldContainer[Counter]
    handle: int
    incoming: bool
    link: str
    owner: str
    parameters: CallParameters
    pid: int
    state: str
    uid: int
    vci: int
    vpi: int
    def __init__(self, handle: _Optional[int] = ..., link: _Optional[str] = ..., vpi: _Optional[int] = ..., vci: _Optional[int] = ..., state: _Optional[str] = ..., call_state: _Optional[str] = ..., owner: _Optional[str] = ..., pid: _Optional[int] = ..., uid: _Optional[int] = ..., incoming: bool = ..., parameters: _Optional[_Union[CallParameters, _Mapping]] = ..., counters: _Optional[_Iterable[_Union[Counter, _Mapping]]] = ..., branches: _Optional[_Iterable[_Union[Branch, _Mapping]]] = ...) -> None: ...

class VCStatus(_message.Message):
    __slots__ = ["detail", "up", "vc"]
    DETAIL_FIELD_NUMBER: _ClassVar[int]
    UP_FIELD_NUMBER: _ClassVar[int]
    VC_FIELD_NUMBER: _ClassVar[int]
    detail: str
    up: bool
    vc: int
    def __init__(self, vc: _Optional[int] = ..., up: bool = ..., detail: _Optional[str] = ...) -> None: ...

class Status(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = []

class Category(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = []

class ServiceType(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = []

class Rounding(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = []

class ListKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = []

class StatusKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = []

package bitrix

// Entity types of the CRM.
// https://apidocs.bitrix24.com/api-reference/crm/data-types.html
const (
	EntityLead         EntityType = 1
	EntityDeal         EntityType = 2
	EntityContact      EntityType = 3
	EntityCompany      EntityType = 4
	EntityActivity     EntityType = 6
	EntityQuote        EntityType = 7
	EntitySmartInvoice EntityType = 31
	// EntitySmartProcess is the first number of the portal's own smart
	// processes: every entity type from here on is one.
	EntitySmartProcess EntityType = 128
)

// EntityType is the number of a kind of CRM record (entityTypeId).
type EntityType int

// Places of the portal's pages into which an application can be embedded.
// https://apidocs.bitrix24.com/api-reference/widgets/placements.html
const (
	// PlacementDefault is the application's own main page. It cannot be bound.
	PlacementDefault             = "DEFAULT"
	PlacementLeadTab             = "CRM_LEAD_DETAIL_TAB"
	PlacementDealTab             = "CRM_DEAL_DETAIL_TAB"
	PlacementContactTab          = "CRM_CONTACT_DETAIL_TAB"
	PlacementCompanyTab          = "CRM_COMPANY_DETAIL_TAB"
	PlacementQuoteTab            = "CRM_QUOTE_DETAIL_TAB"
	PlacementSmartInvoiceTab     = "CRM_SMART_INVOICE_DETAIL_TAB"
	PlacementLeadToolbar         = "CRM_LEAD_DETAIL_TOOLBAR"
	PlacementDealToolbar         = "CRM_DEAL_DETAIL_TOOLBAR"
	PlacementContactToolbar      = "CRM_CONTACT_DETAIL_TOOLBAR"
	PlacementCompanyToolbar      = "CRM_COMPANY_DETAIL_TOOLBAR"
	PlacementQuoteToolbar        = "CRM_QUOTE_DETAIL_TOOLBAR"
	PlacementSmartInvoiceToolbar = "CRM_SMART_INVOICE_DETAIL_TOOLBAR"
	PlacementDealDocumentButton  = "CRM_DEAL_DOCUMENTGENERATOR_BUTTON"
)

// Events that a portal sends. The portal writes them in upper case, but
// compare without regard to case.
// https://apidocs.bitrix24.com/api-reference/events/index.html
const (
	EventAppInstall         = "ONAPPINSTALL"
	EventAppUpdate          = "ONAPPUPDATE"
	EventAppUninstall       = "ONAPPUNINSTALL"
	EventAppTest            = "ONAPPTEST"
	EventDealAdd            = "ONCRMDEALADD"
	EventDealUpdate         = "ONCRMDEALUPDATE"
	EventDealDelete         = "ONCRMDEALDELETE"
	EventUserAdd            = "ONUSERADD"
	EventTimelineItemAction = "ONCRMTIMELINEITEMACTION"
)

// Codes that a portal and the authorization servers put into `error`.
// The wire mixes cases, and so do these constants: they are written as the
// servers write them, and must be compared without regard to case, which
// [Error.HasCode] does.
// https://apidocs.bitrix24.com/_includes/system-errors.html
const (
	CodeNoAuthFound           = "NO_AUTH_FOUND"
	CodeExpiredToken          = "expired_token"
	CodeInvalidToken          = "invalid_token"
	CodeInsufficientScope     = "insufficient_scope"
	CodeUserAccessError       = "user_access_error"
	CodeAuthorizationError    = "authorization_error"
	CodeAccessDenied          = "ACCESS_DENIED"
	CodeWrongAuthType         = "WRONG_AUTH_TYPE"
	CodeMethodNotFound        = "ERROR_METHOD_NOT_FOUND"
	CodeArgument              = "ERROR_ARGUMENT"
	CodeCore                  = "ERROR_CORE"
	CodeErrorNotFound         = "ERROR_NOT_FOUND"
	CodeNotFound              = "NOT_FOUND"
	CodeOwnerNotFound         = "OWNER_NOT_FOUND"
	CodeInvalidRequest        = "INVALID_REQUEST"
	CodeOperationTimeLimit    = "OPERATION_TIME_LIMIT"
	CodeQueryLimitExceeded    = "QUERY_LIMIT_EXCEEDED"
	CodeOverloadLimit         = "OVERLOAD_LIMIT"
	CodePortalDeleted         = "PORTAL_DELETED"
	CodeInternalServerError   = "INTERNAL_SERVER_ERROR"
	CodeUnexpectedAnswer      = "ERROR_UNEXPECTED_ANSWER"
	CodeEventNotFound         = "ERROR_EVENT_NOT_FOUND"
	CodePlacementNotFound     = "ERROR_PLACEMENT_NOT_FOUND"
	CodePlacementMaxCount     = "ERROR_PLACEMENT_MAX_COUNT"
	CodeWrongHandlerURL       = "ERROR_WRONG_HANDLER_URL"
	CodeUnsupportedProtocol   = "ERROR_UNSUPPORTED_PROTOCOL"
	CodeBatchLengthExceeded   = "ERROR_BATCH_LENGTH_EXCEEDED"
	CodeBatchMethodNotAllowed = "ERROR_BATCH_METHOD_NOT_ALLOWED"
	CodeActivityInstalled     = "ERROR_ACTIVITY_ALREADY_INSTALLED"
	CodeWrongApplication      = "ERROR_WRONG_APPLICATION"
	CodeInvalidArgValue       = "INVALID_ARG_VALUE"
	CodeNotIntranetUser       = "allowed_only_intranet_user"
	CodeEntityTypeUnsupported = "ENTITY_TYPE_NOT_SUPPORTED"
)

// Codes of the authorization servers alone.
// https://apidocs.bitrix24.com/settings/oauth/error-codes.html
const (
	CodeInvalidGrant        = "invalid_grant"
	CodeInvalidClient       = "invalid_client"
	CodeOAuthInvalidRequest = "invalid_request"
	CodeBadVerificationCode = "bad_verification_code"
	CodeWrongClient         = "wrong_client"
	CodeNotInstalled        = "NOT_INSTALLED"
	CodeErrorOAuth          = "ERROR_OAUTH"
	CodePaymentRequired     = "PAYMENT_REQUIRED"
)

// Descriptions by which errors that share a code, or have none, are told
// apart. Classic CRM methods answer with an empty code.
const (
	TextCommercialPlans = "REST is available only on commercial plans."
	TextLinkCheckFailed = "Access denied! Link check failed"
	TextAlreadyBound    = "Handler already binded" // sic
	TextClassicNotFound = "Not found"
	TextClassicDenied   = "Access denied."
)

// Limits that portals in the cloud set.
// https://apidocs.bitrix24.com/limits.html
const (
	// MaxBatch is the largest number of commands in one batch.
	MaxBatch = 50
	// PageSize is the number of records on one page of most lists.
	PageSize = 50
	// CloudBurst and CloudRate describe the leaky bucket of ordinary plans:
	// its size, and the calls it drains in a second.
	CloudBurst = 50
	CloudRate  = 2
)

// The authorization servers that Bitrix24 runs; see [DefaultAuthServers].
const (
	AuthServerWorld = "https://oauth.bitrix.info"
	AuthServerEast  = "https://oauth.bitrix24.tech"
)

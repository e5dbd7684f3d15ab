// The library that others import: every target below the tools, in one module.
@_exported import FMArchive
@_exported import FMBase
@_exported import FMEncoder
@_exported import FMFederation
@_exported import FMLayers
@_exported import FMMethods
@_exported import FMMetrics
@_exported import FMNumerics
@_exported import FMPages
@_exported import FMPartition
@_exported import FMPrivacy
@_exported import FMReports

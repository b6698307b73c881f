// `import VAEZip` also brings the public types of the floors below.
@_exported import VAEZipContainer
@_exported import VAEZipEntropy
@_exported import VAEZipImage
@_exported import VAEZipInference
@_exported import VAEZipMetrics
@_exported import VAEZipModel
@_exported import VAEZipSupport

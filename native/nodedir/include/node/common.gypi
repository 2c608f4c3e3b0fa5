# Stands where node-gyp expects Node's own headers, so that it downloads none: the addon needs only node-api-headers.
{
  'variables': { 'visibility%': 'hidden' },
  'target_defaults': { 'default_configuration': 'Release', 'configurations': { 'Release': {}, 'Debug': {} } },
}

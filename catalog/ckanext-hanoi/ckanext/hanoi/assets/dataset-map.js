/* The map of a dataset: MapLibre GL in the place of the still picture. Everything it shows comes from this site. */
(function () {
  'use strict';
  const { say } = window.hanoiDataset;
  const MANY = 300;
  const INK = '#9a3412';

  function style(section, places) {
    const areas = section.dataset.kind === 'areas';
    const sources = { places: { type: 'geojson', data: places } };
    const layers = [{ id: 'ground', type: 'background', paint: { 'background-color': '#e8eff2' } }];
    if (section.dataset.areas) {
      sources.city = { type: 'geojson', data: new URL(section.dataset.areas, window.location.href).href };
      layers.push(
        { id: 'land', type: 'fill', source: 'city', paint: { 'fill-color': '#f4f1ea' } },
        { id: 'borders', type: 'line', source: 'city', paint: { 'line-color': '#a99f8a', 'line-width': 0.8 } },
      );
    }
    if (areas) {
      layers.push(
        { id: 'places', type: 'fill', source: 'places', paint: { 'fill-color': ['get', 'colour'], 'fill-opacity': 0.9 } },
        { id: 'edges', type: 'line', source: 'places', paint: { 'line-color': '#6b5f48', 'line-width': 0.8 } },
      );
      return { version: 8, sources, layers };
    }
    if (places.features.length > MANY) {
      Object.assign(sources.places, { cluster: true, clusterRadius: 36, clusterMaxZoom: 14 });
      layers.push({
        id: 'clusters', type: 'circle', source: 'places', filter: ['has', 'point_count'],
        paint: {
          'circle-color': INK, 'circle-opacity': 0.55, 'circle-stroke-color': '#fff', 'circle-stroke-width': 1,
          'circle-radius': ['interpolate', ['linear'], ['sqrt', ['get', 'point_count']], 1, 7, 30, 30],
        },
      });
    }
    layers.push({
      id: 'places', type: 'circle', source: 'places', filter: ['!', ['has', 'point_count']],
      paint: { 'circle-color': INK, 'circle-radius': 6, 'circle-opacity': 0.85, 'circle-stroke-color': '#fff', 'circle-stroke-width': 1.5 },
    });
    return { version: 8, sources, layers };
  }

  async function popup(feature, table, texts) {
    const box = document.createElement('div');
    box.className = 'hn-popup';
    box.append(Object.assign(document.createElement('h3'), { textContent: feature.properties.name }));
    if (!table) return box;
    if (feature.properties.rows > 1) {
      const count = table.values.count(feature.properties.rows);
      box.append(Object.assign(document.createElement('p'), { textContent: say(texts.rows, { number: count }) }));
    }
    const row = await table.row(feature.properties.row).catch(() => ({}));
    const list = document.createElement('dl');
    for (const column of table.columns.filter((each) => !each.drawn && (row[each.name] ?? null) !== null)) {
      const label = column.codes && column.codes[String(row[column.name])];
      const unit = column.unit ? ` ${column.unit}` : '';
      list.append(
        Object.assign(document.createElement('dt'), { textContent: column.title }),
        Object.assign(document.createElement('dd'), { textContent: label || table.values.written(row[column.name], column) + unit }),
      );
    }
    box.append(list);
    return box;
  }

  function middle(geometry) {
    if (geometry.type === 'Point') return geometry.coordinates;
    const ring = geometry.coordinates.map((polygon) => polygon[0]).sort((a, b) => b.length - a.length)[0];
    const [xs, ys] = [ring.map((point) => point[0]), ring.map((point) => point[1])];
    return [(Math.min(...xs) + Math.max(...xs)) / 2, (Math.min(...ys) + Math.max(...ys)) / 2];
  }

  async function live(section, table) {
    const texts = JSON.parse(section.querySelector('.hn-map-texts').textContent);
    const frame = section.querySelector('.hn-map');
    const [library, answer] = await Promise.all([import(section.dataset.library), fetch(section.dataset.places), sheet(section.dataset.sheet)]);
    const places = await answer.json();
    const [west, south, east, north] = section.dataset.box.split(',').map(Number);
    const room = Object.assign(document.createElement('div'), { className: 'hn-map-live' });
    frame.append(room);
    let map;
    try {
      map = new library.Map({
        container: room, style: style(section, places), bounds: [[west, south], [east, north]], attributionControl: false,
        cooperativeGestures: true, dragRotate: false, pitchWithRotate: false, touchPitch: false, fadeDuration: 0,
        locale: {
          'Map.Title': texts.map, 'NavigationControl.ZoomIn': texts.zoomIn, 'NavigationControl.ZoomOut': texts.zoomOut,
          'Popup.Close': texts.close, 'CooperativeGesturesHandler.WindowsHelpText': texts.wheel,
          'CooperativeGesturesHandler.MacHelpText': texts.wheelMac, 'CooperativeGesturesHandler.MobileHelpText': texts.fingers,
        },
      });
    } catch (error) {
      room.remove(); // no WebGL: the picture stays
      return;
    }
    map.keyboard.disableRotation();
    map.touchZoomRotate.disableRotation();
    map.addControl(new library.NavigationControl({ showCompass: false }));
    let open = null;
    // The row is fetched first: an empty popup would choose its side for a smaller one.
    const show = async (feature, at) => {
      const content = await popup(feature, table, texts);
      if (open) open.remove();
      open = new library.Popup({ maxWidth: '20rem' }).setLngLat(at).setDOMContent(content).addTo(map);
    };
    map.on('click', 'places', (event) => show(event.features[0], event.lngLat));
    if (places.features.length > MANY) {
      map.on('click', 'clusters', async (event) => {
        const [feature] = event.features;
        const zoom = await map.getSource('places').getClusterExpansionZoom(feature.properties.cluster_id);
        map.easeTo({ center: feature.geometry.coordinates, zoom });
      });
    }
    for (const layer of ['places', 'clusters']) {
      map.on('mouseenter', layer, () => { map.getCanvas().style.cursor = 'pointer'; });
      map.on('mouseleave', layer, () => { map.getCanvas().style.cursor = ''; });
    }
    map.once('load', () => {
      frame.querySelector('img').hidden = true;
      section.dataset.ready = 'true';
    });
    const byRow = new Map(places.features.map((feature) => [String(feature.properties.row), feature]));
    section.querySelectorAll('.hn-places li').forEach((item) => {
      const feature = byRow.get(item.dataset.row);
      const name = item.querySelector('span');
      if (!feature) return;
      const button = Object.assign(document.createElement('button'), { type: 'button', textContent: name.textContent, title: texts.show });
      button.addEventListener('click', () => {
        const at = middle(feature.geometry);
        frame.scrollIntoView({ block: 'center' });
        map.jumpTo({ center: at, zoom: Math.max(map.getZoom(), places.features.length > MANY ? 15 : 11.5) });
        show(feature, at);
      });
      name.replaceWith(button);
    });
  }

  function sheet(address) {
    if (document.querySelector(`link[href="${address}"]`)) return Promise.resolve();
    return new Promise((resolve) => {
      const link = Object.assign(document.createElement('link'), { rel: 'stylesheet', href: address });
      link.addEventListener('load', resolve);
      link.addEventListener('error', resolve);
      document.head.append(link);
    });
  }

  /** Makes the map when it comes into sight: its library is large. */
  window.hanoiDataset.map = function (section, table) {
    const watcher = new IntersectionObserver((entries) => {
      if (!entries.some((entry) => entry.isIntersecting)) return;
      watcher.disconnect();
      live(section, table).catch(() => {}); // the picture stays
    }, { rootMargin: '200px' });
    watcher.observe(section);
  };
})();
